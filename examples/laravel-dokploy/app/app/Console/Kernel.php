<?php

namespace App\Console;

use Illuminate\Console\Scheduling\Schedule;
use Illuminate\Foundation\Console\Kernel as ConsoleKernel;
use Illuminate\Support\Facades\DB;
use Illuminate\Support\Facades\Log;

class Kernel extends ConsoleKernel
{
    protected function schedule(Schedule $schedule): void
    {
        $schedule->command('queue:prune-failed')->dailyAt('00:00');
        foreach (['03:00' => 'deliveries', '04:00' => 'failed_jobs', '05:00' => 'migrations'] as $time => $table) {
            $schedule->call(fn () => Log::info("{$table} has ".DB::table($table)->count().' rows'))->dailyAt($time);
        }
        $schedule->call(fn () => Log::info(DB::table('jobs')->count().' jobs are waiting'))->everyMinute();
    }
}
