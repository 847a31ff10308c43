<?php

// A Laravel application of components: what a framework's service providers would bind, and no more.

use App\Events\AppointmentCancelled;
use App\Listeners\SyncOnCancelled;
use Illuminate\Bus\Dispatcher as Bus;
use Illuminate\Container\Container;
use Illuminate\Contracts\Bus\Dispatcher as BusContract;
use Illuminate\Contracts\Container\Container as ContainerContract;
use Illuminate\Contracts\Debug\ExceptionHandler;
use Illuminate\Contracts\Encryption\Encrypter as EncrypterContract;
use Illuminate\Contracts\Events\Dispatcher as EventsContract;
use Illuminate\Database\Capsule\Manager as Database;
use Illuminate\Database\DetectsConcurrencyErrors;
use Illuminate\Encryption\Encrypter;
use Illuminate\Events\Dispatcher as Events;
use Illuminate\Queue\Capsule\Manager as Queue;
use Illuminate\Queue\Events\JobFailed;
use Illuminate\Queue\Failed\DatabaseUuidFailedJobProvider;
use Illuminate\Queue\MaxAttemptsExceededException;
use Illuminate\Support\Facades\Facade;

// What the components of Laravel 8 do is deprecated in PHP 8.2.
error_reporting(E_ALL & ~E_DEPRECATED);
ini_set('display_errors', 'stderr');
date_default_timezone_set('UTC');

foreach (['Queue', 'Database', 'Bus', 'Events', 'Encryption', 'Console'] as $component) {
    require_once "Illuminate/$component/autoload.php";
}
require_once __DIR__.'/models.php';

$app = new Container;
Container::setInstance($app);
$app->instance(ContainerContract::class, $app);
Facade::setFacadeApplication($app);

$database = new Database($app);
$database->addConnection([
    'driver' => getenv('DB_CONNECTION'),
    'host' => getenv('DB_HOST'),
    'port' => getenv('DB_PORT'),
    'database' => getenv('DB_DATABASE'),
    'username' => getenv('DB_USERNAME'),
    'password' => getenv('DB_PASSWORD'),
    'charset' => getenv('DB_CONNECTION') === 'mysql' ? 'utf8mb4' : 'utf8',
    'collation' => 'utf8mb4_unicode_ci',
    'timezone' => getenv('DB_CONNECTION') === 'mysql' ? '+00:00' : 'UTC',
    'strict' => true,
    'prefix' => '',
]);
$app->instance('db', $database->getDatabaseManager());
$database->setAsGlobal();
$database->bootEloquent();

$events = new Events($app);
$app->instance('events', $events);
$app->instance(EventsContract::class, $events);

$app->instance(EncrypterContract::class, new Encrypter(str_repeat('k', 16), 'AES-128-CBC'));
$app->alias(EncrypterContract::class, 'encrypter');

$queue = new Queue($app);
$queue->addConnection(
    ['driver' => 'database', 'table' => 'jobs', 'queue' => 'default', 'retry_after' => 90, 'connection' => null],
    'database',
);
$app['config']['queue.default'] = 'database';
$app->instance('queue', $queue->getQueueManager());
$app->instance('queue.failer', new DatabaseUuidFailedJobProvider($app['db'], $app['db']->getDefaultConnection(), 'failed_jobs'));
$app->instance(BusContract::class, new Bus($app, fn () => $app['queue']->connection()));

$events->setQueueResolver(fn () => $app['queue']);
$events->listen(AppointmentCancelled::class, SyncOnCancelled::class);
// As WorkCommand does.
$events->listen(JobFailed::class, function (JobFailed $event) use ($app): void {
    $app['queue.failer']->log($event->connectionName, $event->job->getQueue(), $event->job->getRawBody(), $event->exception);
});

$app->instance(ExceptionHandler::class, new class implements ExceptionHandler
{
    use DetectsConcurrencyErrors;

    /**
     * The job's own failure is what a test wants, and after a deadlock with somebody else a worker looks again; anything
     * else would hide behind them.
     */
    public function report(Throwable $e): void
    {
        $expected = $e instanceof MaxAttemptsExceededException || str_starts_with($e->getMessage(), 'HTTP ');
        if (! $expected && ! $this->causedByConcurrencyError($e)) {
            fwrite(STDERR, "$e\n");
        }
    }

    public function shouldReport(Throwable $e): bool
    {
        return true;
    }

    public function render($request, Throwable $e)
    {
        throw $e;
    }

    public function renderForConsole($output, Throwable $e): void
    {
        throw $e;
    }
});

return $app;
