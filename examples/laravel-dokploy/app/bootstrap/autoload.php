<?php

// Laravel 8 on PHP 8.2 is all deprecation notices; they say nothing about this application.
error_reporting(E_ALL & ~E_DEPRECATED & ~E_USER_DEPRECATED);

// Composer's where there is one, else Debian's php-laravel-framework.
$composer = __DIR__.'/../vendor/autoload.php';
require is_file($composer) ? $composer : '/usr/share/php/Illuminate/autoload.php';

spl_autoload_register(function (string $class): void {
    $file = __DIR__.'/../app/'.str_replace('\\', '/', substr($class, 4)).'.php';
    if (str_starts_with($class, 'App\\') && is_file($file)) {
        require $file;
    }
});
