<?php

use App\Http\DeliveryController;
use Illuminate\Support\Facades\Route;

Route::get('/', [DeliveryController::class, 'index']);
Route::get('/health', [DeliveryController::class, 'health']);
Route::get('/slow', [DeliveryController::class, 'slow']);
Route::get('/enqueue', [DeliveryController::class, 'enqueue']);
