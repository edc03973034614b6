<?php

require_once __DIR__.'/autoload.php';

$app = new Illuminate\Foundation\Application(dirname(__DIR__));

$app->singleton(Illuminate\Contracts\Http\Kernel::class, App\Http\Kernel::class);
$app->singleton(Illuminate\Contracts\Console\Kernel::class, App\Console\Kernel::class);
$app->singleton(Illuminate\Contracts\Debug\ExceptionHandler::class, App\Exceptions\Handler::class);

// Everything that is written goes below storage: the rest of the image can be read-only.
if ($storage = getenv('APP_STORAGE')) {
    $app->useStoragePath($storage);
}
foreach (['CONFIG', 'ROUTES', 'EVENTS', 'SERVICES', 'PACKAGES'] as $cache) {
    $_ENV["APP_{$cache}_CACHE"] ??= $app->storagePath().'/framework/cache/'.strtolower($cache).'.php';
}

return $app;
