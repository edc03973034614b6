<?php

namespace App\Http;

use App\Jobs\Deliver;
use Illuminate\Http\Request;
use Illuminate\Support\Facades\DB;

class DeliveryController
{
    public function index()
    {
        return ['deliveries' => DB::table('deliveries')->get(), 'host' => gethostname()];
    }

    /** For Traefik, for nginx's readiness, and for anybody who asks whether the database is there. */
    public function health()
    {
        DB::connection()->getPdo();

        return response('ok', 200, ['Content-Type' => 'text/plain']);
    }

    /** A request that takes its time: it must be finished when the container stops. */
    public function slow(Request $request)
    {
        $milliseconds = (int) $request->query('milliseconds', 1000);
        $end = microtime(true) + min($milliseconds, 30000) / 1000;
        // The signal that asks PHP-FPM to finish cuts a sleep short; the work it stands for goes on.
        while (($left = $end - microtime(true)) > 0) {
            usleep((int) ($left * 1e6));
        }

        return ['slept' => $milliseconds];
    }

    public function enqueue(Request $request)
    {
        $milliseconds = (int) $request->query('milliseconds', 100);
        $id = DB::table('deliveries')->insertGetId(['state' => 'queued']);
        Deliver::dispatch($id, min($milliseconds, 30000));

        return ['id' => $id];
    }
}
