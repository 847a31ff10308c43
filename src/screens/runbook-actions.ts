import type { Confirmation } from '../changes/confirm.ts';
import type { Plan } from '../changes/plan.ts';
import { standingOf } from '../changes/progress.ts';
import type { Ending } from '../changes/store-state.ts';
import { Problem } from '../model/problem.ts';
import { isOpen } from '../model/run.ts';
import type { RunbookEntry } from '../model/runbook-run.ts';
import type { KnownRun } from '../runbooks/console-state.ts';
import type { ListedRun } from '../runbooks/engine.ts';
import { readEvidence } from '../runbooks/evidence.ts';
import { looksAtLogs, watchedWords } from '../runbooks/logs.ts';
import type { LookedRun } from '../runbooks/looker.ts';
import type { Said } from '../runbooks/moves.ts';
import type { StepOptions } from '../runbooks/perform.ts';
import type { Runbook, Step } from '../runbooks/runbook.ts';
import { isUnlooked, type StepStanding } from '../runbooks/standing.ts';
import { commandText, waitsText } from '../runbooks/telling.ts';
import { confirmView } from './change-confirm.tsx';
import { begunView } from './change-run.tsx';
import type { Fact } from './components/dialog-parts.tsx';
import type { Binding, Console, Services } from './contract.ts';
import { type Answers, NAME, noteField, questionView, REASON, type RunbookQuestion, told } from './runbook-ask.tsx';

/** A run that somebody can go on with here. */
interface OpenRun {
  readonly known: KnownRun;
  readonly runbook: Runbook;
  readonly looked: LookedRun;
}

/** A run with all that it takes to go on with it; undefined where something is missing. */
const openRunOf = (known: KnownRun | undefined): OpenRun | undefined => {
  const { runbook, looked, closed } = known ?? {};
  return known === undefined || runbook === undefined || looked === undefined || closed !== undefined
    ? undefined
    : { known, runbook, looked };
};

interface Around {
  readonly services: Services;
  readonly console: Console;
}

type Confirmed = { readonly plan: Plan; readonly confirmation: Confirmation };

const attempted = ({ subject, state, note, name }: RunbookEntry): string =>
  [`${subject} ${state}${state === 'ticked' && name !== undefined ? ` by ${name}` : ''}`, note]
    .filter(Boolean)
    .join(': ');

/** Does a step and says what came of it. */
function doStep({ services, console }: Around, run: OpenRun, step: Step, more: Partial<StepOptions> = {}): void {
  const { backup } = services.changes.getState();
  const done = services.runbooks.step({ key: run.known.key, step: step.id }, (engine, leave) =>
    engine.runStep(run.runbook, run.looked, step.id, { leave, backup, ...more }),
  );
  void told(console, done, attempted);
}

/** Runs the change of a step, or goes on with its run; how it goes is seen as of any other run. */
function doChange(
  { services }: Around,
  { known, runbook, looked }: OpenRun,
  step: Step,
  how: { readonly confirmed?: Confirmed; readonly decision?: string | undefined; readonly note?: string | undefined },
): Promise<Ending> {
  if (step.work.kind !== 'change') throw new Error(`${step.id} is no change`);
  const { change, parameters } = step.work;
  const { backup } = services.changes.getState();
  return services.changes.perform({ change, parameters }, async (path, { leave, onProgress }) => {
    const done = await services.runbooks.step({ key: known.key, step: step.id }, (engine, mine) =>
      engine.runStep(runbook, looked, step.id, {
        ...how,
        leave: AbortSignal.any([leave, mine]),
        onProgress,
        backup,
      }),
    );
    if (!done.ok) throw done.error;
    const { state, note, evidence } = done.value;
    const { run } = readEvidence(evidence);
    if (run === undefined) {
      if (state === 'failed')
        throw new Problem('blocked', note ?? `${step.id} failed`, 'look at the step, and try again');
      return undefined;
    }
    const found = (await path.runs()).find(({ id }) => id === run.id);
    return found && { run: found, failed: [] };
  });
}

/** Asks for what a change of a step wants to be told, by the dialog of every change. */
async function askChange(around: Around, run: OpenRun, step: Step): Promise<void> {
  const { services, console } = around;
  if (step.work.kind !== 'change') return;
  const { change, parameters } = step.work;
  await services.changes.load();
  const { kinds = [], runs = [], own } = services.changes.getState();
  if (own !== undefined) return console.notify('this console changes the database already');
  const kind = kinds.find(({ id }) => id === change);
  // Why it is not here, the step says.
  if (kind === undefined) return doStep(around, run, step);
  const open = runs.find((one) => one.change === change && isOpen(one.state));
  if (open === undefined) {
    const begin = (plan: Plan, confirmation: Confirmation) =>
      doChange(around, run, step, { confirmed: { plan, confirmation }, note: confirmation.reason });
    return console.open(confirmView(kind, parameters, undefined, begin));
  }
  const standing = standingOf(open, services.changes.getState().lease);
  return console.open(
    questionView({
      way: 'resume',
      title: step.title,
      facts: [
        { text: `run ${open.id}, ${kind.title}, is ${standing}`, tone: 'title' },
        ...(open.reason === undefined ? [] : [{ text: open.reason, tone: 'bad' } as const]),
        { text: 'the step goes on with it where the database says it is', tone: 'plain' },
      ],
      fields: standing === 'halted' ? [{ ...REASON, label: 'why it may go on' }] : [],
      go: 'Go on with it',
      onGo: (answer) => {
        void doChange(around, run, step, { decision: answer('reason') || undefined });
        console.open(begunView(kind));
      },
    }),
  );
}

/** What a person reads before they do a step. */
function factsOf({ services }: Around, { title, why, work }: Step): readonly Fact[] {
  return [
    { text: title, tone: 'title' },
    ...(work.kind === 'manual'
      ? work.instructions.map((text): Fact => ({ text, tone: 'plain' }))
      : work.kind === 'command'
        ? [
            { text: commandText(work.command), tone: 'accent' } as const,
            {
              text: `without a shell, for ${work.timeoutSeconds} s at the most; 0 is a success`,
              tone: 'plain',
            } as const,
          ]
        : []),
    ...(why === undefined ? [] : [{ text: `why: ${why}`, tone: 'muted' } as const]),
    ...watchedWords(work, services.context.checks.logs).map((text): Fact => ({ text, tone: 'accent' })),
  ];
}

/** Begins to do a step: at once what only looks, by a dialog what a person answers for or what changes something. */
function beginStep(around: Around, run: OpenRun, { step }: StepStanding): void {
  const { console } = around;
  const { work, noteRequired, title } = step;
  const ask = (more: Pick<RunbookQuestion, 'way' | 'go' | 'fields' | 'onGo'>) =>
    console.open(questionView({ title, facts: factsOf(around, step), logs: looksAtLogs(work), ...more }));
  if (work.kind === 'change' && work.action === 'run') return void askChange(around, run, step);
  if (work.kind === 'manual') {
    return ask({
      way: 'tick',
      go: 'It is done',
      fields: [NAME, noteField(noteRequired)],
      onGo: (answer) => doStep(around, run, step, { name: answer('name'), note: answer('note') }),
    });
  }
  if (work.kind === 'command' || noteRequired) {
    return ask({
      way: work.kind,
      go: work.kind === 'command' ? 'Run it' : 'Do it',
      fields: noteRequired ? [noteField(true)] : [],
      onGo: (answer) => doStep(around, run, step, { note: answer('note') || undefined }),
    });
  }
  return doStep(around, run, step);
}

/** Why a step can't be done now; undefined when it can be tried. */
function notYet({ services }: Around, run: OpenRun, standing: StepStanding): string | undefined {
  const { state, why, step } = standing;
  const { own } = services.runbooks.getState();
  if (own !== undefined) return `this console is at ${own.step}`;
  if (run.looked.record.run.state === 'stopped') return 'STOP: somebody has to decide first';
  if (state === 'running') return why.join('; ');
  if (state === 'blocked') return `${step.id} can't be done yet: ${why.join('; ')}`;
  return state === 'waiting' ? waitsText(standing) : undefined;
}

/** What can be done about the step under the cursor. */
export function stepBindings(
  around: Around,
  known: KnownRun | undefined,
  standing: StepStanding | undefined,
): readonly Binding[] {
  const { services, console } = around;
  const run = openRunOf(known);
  const step = standing?.step;
  const closed = () => {
    if (known === undefined) return 'no run is under way: m begins one';
    return run === undefined ? (known.closed ?? 'it can not be read') : undefined;
  };
  const skip = () => {
    if (run === undefined || step === undefined) return;
    console.open(
      questionView({
        way: 'leave out',
        title: `Leave out ${step.id}`,
        facts: factsOf(around, step),
        fields: [NAME, REASON],
        go: 'Leave it out',
        onGo: (answer) => {
          const said = { name: answer('name'), reason: answer('reason') };
          const signal = new AbortController().signal;
          const done = services.runbooks.say((engine) => engine.skip(run.runbook, run.looked, step.id, said, signal));
          void told(console, done, attempted);
        },
      }),
    );
  };
  return [
    {
      id: 'do-step',
      keys: ['x'],
      ...(known !== undefined && { inMenu: true as const }),
      title: step === undefined ? 'Do the step' : `Do ${step.id}`,
      hint: 'do it',
      disabled: () => {
        if (standing === undefined) return 'there is no step here';
        return closed() ?? (run && notYet(around, run, standing));
      },
      run: () => run !== undefined && standing !== undefined && beginStep(around, run, standing),
    },
    ...(known !== undefined && standing !== undefined && step !== undefined && isUnlooked(standing)
      ? [
          {
            id: 'answer-step',
            keys: [],
            title: `Answer for ${step.id}, which can't be looked at`,
            disabled: () => closed() ?? (run && notYet(around, run, standing)),
            run: () => {
              if (run === undefined) return;
              console.open(
                questionView({
                  way: 'tick',
                  title: step.title,
                  facts: [...factsOf(around, step), ...standing.why.map((text): Fact => ({ text, tone: 'warn' }))],
                  fields: [NAME, { ...noteField(true), label: 'how you know' }],
                  go: 'It holds',
                  onGo: (answer) => doStep(around, run, step, { name: answer('name'), note: answer('note') }),
                }),
              );
            },
          },
        ]
      : []),
    ...(known !== undefined && step?.optional === true
      ? [
          {
            id: 'skip-step',
            keys: [],
            title: `Leave out ${step.id}, which is optional`,
            disabled: () => closed() ?? (run && standing && notYet(around, run, { ...standing, state: 'ready' })),
            run: skip,
          },
        ]
      : []),
  ];
}

/** What a person can say about a run. */
export function wordBindings(around: Around, known: KnownRun | undefined): readonly Binding[] {
  const { services, console } = around;
  const { runbooks } = services;
  const run = openRunOf(known);
  if (known === undefined || run === undefined) return [];
  const { runbook, looked } = run;
  const { record, standing } = looked;
  const { reason, state, id } = record.run;
  const signal = new AbortController().signal;
  const stopped = state === 'stopped';
  const why: readonly Fact[] = reason === undefined ? [] : [{ text: reason, tone: 'bad' }];
  const ask = (question: RunbookQuestion) => () => console.open(questionView(question));
  const said = (answer: Answers) => ({ name: answer('name'), reason: answer('reason') });
  const stop = (condition: string | undefined, title: string): Binding => ({
    id: `stop-${condition ?? 'run'}`,
    keys: [],
    title: `STOP the world: ${title}`,
    disabled: () => (stopped ? 'it is stopped already' : undefined),
    run: ask({
      way: 'stop',
      title: 'STOP the world',
      facts: [
        { text: title, tone: 'bad' },
        {
          text: 'the run stands still for everybody, and a change that runs halts at the end of its batch',
          tone: 'plain',
        },
        { text: 'it goes on when somebody has assessed it and decides with their name', tone: 'plain' },
      ],
      fields: [NAME, REASON],
      go: 'Stop',
      onGo: (answer) => {
        const done = runbooks.say((engine) => engine.stop(runbook, looked, condition, said(answer)));
        void told(console, done, () => `run ${id} is stopped: halt, assess, decide, execute, document`);
      },
    }),
  });
  const { left, signOffs } = standing;
  return [
    {
      id: 'decide-run',
      keys: [],
      title: 'Decide that the run goes on',
      disabled: () => (stopped ? undefined : 'the run is not stopped'),
      run: ask({
        way: 'decide',
        title: 'Decide that the run goes on',
        facts: [
          ...why,
          { text: 'what holds now is accepted up to what it is: more of it stops the run again', tone: 'plain' },
          { text: 'your name and your reason are kept with the run and in the record of changes', tone: 'plain' },
        ],
        fields: [NAME, REASON],
        go: 'Go on',
        onGo: (answer) => {
          const done = runbooks.say((engine) => engine.decide(runbook, looked, said(answer), signal));
          void told(console, done, () => `run ${id} goes on`);
        },
      }),
    },
    ...signOffs.map(
      ({ signOff, entry }): Binding => ({
        id: `sign-${signOff.role}`,
        keys: [],
        title: `Sign as ${signOff.role}`,
        disabled: () => {
          if (entry !== undefined) return `${entry.name ?? entry.operator} has signed`;
          return left.length === 0 ? undefined : `${left[0]?.step.id ?? 'a step'} is not done`;
        },
        run: ask({
          way: 'sign',
          title: `Sign as ${signOff.role}`,
          facts: [
            { text: signOff.statement, tone: 'title' },
            { text: 'the success metrics are looked at: one that does not hold wants a reason', tone: 'plain' },
          ],
          fields: [NAME, { ...REASON, label: 'reason (may be empty)', required: false }],
          go: 'Sign',
          onGo: (answer) => {
            const signed = { name: answer('name'), reason: answer('reason') || undefined };
            const done = runbooks.say((engine) => engine.sign(runbook, looked, signOff.role, signed, signal));
            void told(console, done, (after) =>
              after.run.state === 'finished' ? `signed: run ${id} is finished` : `signed as ${signOff.role}`,
            );
          },
        }),
      }),
    ),
    ...runbook.stop.filter(({ person }) => person).map((one) => stop(one.id, one.title)),
    stop(undefined, 'for another reason'),
    {
      id: 'look-at-stops',
      keys: [],
      title: 'Look whether a stop condition holds',
      disabled: () => (runbook.stop.length === 0 ? 'it has none' : undefined),
      run: () => {
        const done = runbooks.say((engine) => engine.lookAtStops(runbook, looked, signal));
        void told(console, done, (why) => why ?? 'nothing stops it: no condition holds');
      },
    },
    {
      id: 'look-at-metrics',
      keys: [],
      title: 'Look how the success metrics stand',
      disabled: () => (runbook.metrics.length === 0 ? 'it has none' : undefined),
      run: () => void runbooks.measure(known.key),
    },
    {
      id: 'abort-run',
      keys: [],
      title: 'Abort the run',
      run: ask({
        way: 'abort',
        title: 'Abort the run',
        facts: [
          ...why,
          { text: 'it ends here for everybody and is never gone on with; what was done stays done', tone: 'plain' },
        ],
        fields: [NAME, REASON],
        go: 'Abort',
        onGo: (answer) => {
          const done = runbooks.say((engine) => engine.abort(looked, said(answer)));
          void told(console, done, () => `run ${id} is aborted`);
        },
      }),
    },
  ];
}

/** Begins a run of a runbook that has none under way. @param onBegun told which it is */
export function beginBinding(
  { services, console }: Around,
  runbook: Runbook | undefined,
  open: boolean,
  onBegun: (begun: ListedRun) => void,
): readonly Binding[] {
  if (runbook === undefined || open) return [];
  const { environment, name } = services.context;
  const { environments, id } = runbook;
  const begin = (said?: Said) => {
    const done = services.runbooks.say((engine) => engine.begin(runbook, said));
    void told(console, done, ({ record, store, why }) => {
      onBegun({ place: store.place, run: record.run });
      return why === undefined
        ? `run ${record.run.id} of ${id} is begun`
        : `${why}: run ${record.run.id} is kept on this machine only`;
    });
  };
  const ask = async () => {
    const contested = await services.runbooks.say((engine) => engine.contested(id));
    if (!contested.ok || contested.value.length === 0) return begin();
    return console.open(
      questionView({
        way: 'begin',
        title: `Begin another run of ${id}`,
        facts: [
          ...contested.value.map((text): Fact => ({ text, tone: 'bad' })),
          {
            text: 'find out who did it and why; your name and your reason are kept with the new run',
            tone: 'plain',
          },
        ],
        fields: [NAME, REASON],
        go: 'Begin',
        onGo: (answer) => begin({ name: answer('name'), reason: answer('reason') }),
      }),
    );
  };
  return [
    {
      id: 'begin-run',
      keys: [],
      title: `Begin a run of ${id}`,
      disabled: () =>
        environments === undefined || environments.includes(environment)
          ? undefined
          : `it is for ${environments.join(' and ')}, and ${name} is ${environment}`,
      run: () => void ask(),
    },
  ];
}
