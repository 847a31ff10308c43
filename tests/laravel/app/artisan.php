<?php

// php artisan.php migrate
// php artisan.php dispatch CLASS ID,ID… [REASON]  a job of App\Jobs about each appointment
// php artisan.php cancel ID                       the event, and with it the queued listener
// php artisan.php work                            runs jobs until none is left, and prints the uuids of those that succeeded
// php artisan.php queue:retry UUID…               Laravel's own

use App\Events\AppointmentCancelled;
use App\Models\Appointment;
use Illuminate\Contracts\Bus\Dispatcher;
use Illuminate\Contracts\Debug\ExceptionHandler;
use Illuminate\Queue\Console\RetryCommand;
use Illuminate\Queue\Events\JobProcessed;
use Illuminate\Queue\Events\Looping;
use Illuminate\Queue\Worker;
use Illuminate\Queue\WorkerOptions;
use Illuminate\Support\Carbon;
use Symfony\Component\Console\Input\ArrayInput;
use Symfony\Component\Console\Output\ConsoleOutput;

$app = require __DIR__.'/boot.php';
[, $command] = $argv;
$arguments = array_slice($argv, 2);

/** Laravel's own migrations of a queue's tables. */
function migrate(): void
{
    foreach (['jobs' => 'CreateJobsTable', 'failed_jobs' => 'CreateFailedJobsTable'] as $table => $class) {
        $stub = file_get_contents("Illuminate/Queue/Console/stubs/$table.stub", true);
        eval('?>'.str_replace(['{{table}}', '{{tableClassName}}'], [$table, substr($class, 6, -5)], $stub));
        (new $class)->up();
    }
}

/** A worker whose clock goes a minute forward with each look at the queue: nobody waits for a backoff. */
function work($app): int
{
    $app['events']->listen(Looping::class, function (): void {
        Carbon::setTestNow(Carbon::now()->addMinute());
    });
    $app['events']->listen(JobProcessed::class, function (JobProcessed $event): void {
        echo $event->job->uuid()."\n";
    });
    $worker = new Worker($app['queue'], $app['events'], $app[ExceptionHandler::class], fn () => false);
    $options = new WorkerOptions('default', 0, 128, 60, 0, 1, false, true);

    return $worker->daemon('database', 'calcom-sync,default', $options);
}

function retry($app, array $ids): int
{
    $command = new RetryCommand;
    $command->setLaravel($app);

    return $command->run(new ArrayInput(['id' => $ids]), new ConsoleOutput);
}

switch ($command) {
    case 'migrate':
        migrate();
        exit(0);
    case 'dispatch':
        $class = "App\\Jobs\\$arguments[0]";
        foreach (explode(',', $arguments[1]) as $id) {
            $job = new $class(Appointment::findOrFail($id), $arguments[2] ?? '');
            $app[Dispatcher::class]->dispatch($job->onQueue('calcom-sync'));
        }
        exit(0);
    case 'cancel':
        $app['events']->dispatch(new AppointmentCancelled(Appointment::findOrFail($arguments[0])));
        exit(0);
    case 'work':
        exit(work($app));
    case 'queue:retry':
        exit(retry($app, $arguments));
    default:
        fwrite(STDERR, "no command $command\n");
        exit(2);
}
