<?php

// The application's own classes, as the field's have them: a model, jobs about it, an event with a queued listener.

namespace App\Models {
    use Illuminate\Database\Eloquent\Model;
    use Illuminate\Database\Eloquent\SoftDeletes;

    class Appointment extends Model
    {
        use SoftDeletes;

        protected $guarded = [];
    }
}

namespace App\Jobs {
    use App\Models\Appointment;
    use DateTimeInterface;
    use Illuminate\Bus\Queueable;
    use Illuminate\Contracts\Queue\ShouldBeEncrypted;
    use Illuminate\Contracts\Queue\ShouldQueue;
    use Illuminate\Queue\InteractsWithQueue;
    use Illuminate\Queue\SerializesModels;
    use Illuminate\Support\Carbon;
    use RuntimeException;

    /** What Cal.com answers stands in CALCOM_STATUS; without it all is well. */
    class SyncAppointment implements ShouldQueue
    {
        use InteractsWithQueue, Queueable, SerializesModels;

        public int $tries = 3;

        public array $backoff = [1, 5, 30];

        protected Appointment $appointment;

        private string $reason;

        public function __construct(Appointment $appointment, string $reason = '')
        {
            $this->appointment = $appointment;
            $this->reason = $reason;
        }

        public function handle(): void
        {
            $status = getenv('CALCOM_STATUS') ?: '200';
            $this->appointment->sync_attempt_count = $this->attempts();
            $this->appointment->last_sync_attempt_at = Carbon::now();
            if ($status !== '200') {
                $this->appointment->calcom_sync_status = 'failed';
                $this->appointment->save();
                throw new RuntimeException("HTTP $status from Cal.com");
            }
            $this->appointment->calcom_sync_status = 'synced';
            $this->appointment->save();
        }
    }

    class SyncSecretly extends SyncAppointment implements ShouldBeEncrypted
    {
    }

    class SyncUntil extends SyncAppointment
    {
        public function retryUntil(): DateTimeInterface
        {
            return Carbon::now()->addMinutes(2);
        }
    }
}

namespace App\Events {
    use App\Models\Appointment;
    use Illuminate\Queue\SerializesModels;

    class AppointmentCancelled
    {
        use SerializesModels;

        public Appointment $appointment;

        public function __construct(Appointment $appointment)
        {
            $this->appointment = $appointment;
        }
    }
}

namespace App\Listeners {
    use App\Events\AppointmentCancelled;
    use App\Jobs\SyncAppointment;
    use Illuminate\Contracts\Queue\ShouldQueue;
    use Illuminate\Queue\InteractsWithQueue;

    class SyncOnCancelled implements ShouldQueue
    {
        use InteractsWithQueue;

        public string $queue = 'calcom-sync';

        public int $tries = 1;

        public function handle(AppointmentCancelled $event): void
        {
            $sync = new SyncAppointment($event->appointment);
            $sync->setJob($this->job);
            $sync->handle();
        }
    }
}
