import { checksOf } from '../../checks/all.ts';
import { counted } from '../../model/format.ts';
import { visible } from '../../model/text.ts';
import { looksAt, watchedWords } from '../../runbooks/logs.ts';
import type { Step } from '../../runbooks/runbook.ts';
import { detailsOf, doesText, stopText } from '../../runbooks/telling.ts';
import { documentOf } from '../change/documents.ts';
import { coloured, hanging, type Layout, paragraph } from '../change/layout.ts';
import { print } from '../change/session.ts';
import { EXIT, type ExitCode } from '../command.ts';
import { jsonText } from '../json.ts';
import { type RunbookSession, runbookOf } from './session.ts';

/** Which checks a step runs that names none of them. */
function meantLines({ work }: Step, ids: readonly string[], layout: Layout): readonly string[] {
  if (work.kind !== 'check' || work.ids !== undefined || (work.logs && ids.length === 0)) return [];
  return paragraph(`${counted(ids.length, 'check')}: ${ids.join(', ') || 'none is all of that'}`, 6, layout);
}

/**
 * Prints a runbook as it is written, with what each step will do.
 * @throws Problem config, where it names a check or a change that is not there
 */
export async function showRunbook(session: RunbookSession, name: string | undefined): Promise<ExitCode> {
  const { context, engine, json, layout } = session;
  const runbook = await runbookOf(session, name);
  await engine.verify(runbook);
  const checks = await checksOf(context);
  const checksIn = ({ work }: Step): readonly string[] =>
    work.kind === 'check' ? checks.filter((one) => looksAt(work, one)).map((one) => one.id) : [];
  const { id, title, purpose, environments, phases, stop, metrics, signOff, place, digest } = runbook;
  if (json) {
    const fields = {
      id,
      title,
      purpose,
      environments: environments ?? null,
      phases: phases.map((phase) => ({
        ...phase,
        steps: phase.steps.map((step) => ({
          ...step,
          does: doesText(step),
          ...(step.work.kind === 'check' && { checks: checksIn(step) }),
        })),
      })),
      stop,
      metrics,
      signOff,
      place,
      digest,
    };
    process.stdout.write(jsonText(documentOf(context, { runbook: fields })));
    return EXIT.healthy;
  }
  const bullet = layout.ascii ? '  - ' : '  · ';
  const item = (text: string) => hanging(bullet, text, 4, layout);
  const section = (heading: string, items: readonly string[]) =>
    items.length === 0 ? [] : ['', coloured('bold', heading), ...items.flatMap(item)];
  print([
    `${coloured('bold', visible(title, layout.ascii))}  ${id}`,
    ...paragraph(
      `${purpose}${environments === undefined ? '' : ` Only for ${environments.join(' and ')}.`}`,
      0,
      layout,
    ),
    ...phases.flatMap((phase) => [
      '',
      coloured('bold', visible(phase.title, layout.ascii)),
      ...phase.steps.flatMap((step) => [
        ...item(`${step.id}: ${step.title}`),
        ...paragraph(doesText(step), 6, layout),
        ...watchedWords(step.work, context.checks.logs).flatMap((text) => paragraph(text, 6, layout)),
        ...meantLines(step, checksIn(step), layout),
        ...detailsOf(step).flatMap(([what, text]) => paragraph(`${what}: ${text}`, 6, layout)),
        ...(step.why === undefined ? [] : paragraph(`why: ${step.why}`, 6, layout)),
        ...(step.needs.length === 0 ? [] : paragraph(`needs ${step.needs.join(', ')}`, 6, layout)),
      ]),
    ]),
    ...section(
      'STOP THE WORLD when',
      stop.map((one) => `${one.title}: ${stopText(one)}`),
    ),
    ...section(
      'Success',
      metrics.map((one) => `${one.title}: ${one.check ?? one.step ?? ''}`),
    ),
    ...section(
      'Sign-off',
      signOff.map((one) => `${one.role}: ${one.statement}`),
    ),
  ]);
  return EXIT.healthy;
}
