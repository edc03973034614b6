<?php

namespace App\Jobs;

use Illuminate\Bus\Queueable;
use Illuminate\Contracts\Queue\ShouldQueue;
use Illuminate\Foundation\Bus\Dispatchable;
use Illuminate\Queue\InteractsWithQueue;
use Illuminate\Support\Facades\DB;

/** A delivery that takes its time: one that was begun must also be finished. */
class Deliver implements ShouldQueue
{
    use Dispatchable, InteractsWithQueue, Queueable;

    public function __construct(private int $id, private int $milliseconds)
    {
    }

    public function handle(): void
    {
        $this->mark('begun');
        $end = microtime(true) + $this->milliseconds / 1000;
        // A signal cuts a sleep short; the work it stands for goes on.
        while (($left = $end - microtime(true)) > 0) {
            usleep((int) ($left * 1e6));
        }
        $this->mark('delivered');
    }

    private function mark(string $state): void
    {
        DB::table('deliveries')->where('id', $this->id)->update(['state' => $state]);
        echo "delivery {$this->id} {$state}\n";
    }
}
