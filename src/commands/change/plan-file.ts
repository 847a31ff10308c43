import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type Plan, placeOf, readPlan, sealed } from '../../changes/plan.ts';
import type { Context } from '../../config/context.ts';
import { Problem } from '../../model/problem.ts';
import { jsonText } from '../json.ts';

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new Problem('usage', `cannot read ${file}`, 'make it: apptop change plan CHANGE --out FILE');
  }
}

/**
 * A plan that was kept, for this database.
 * @throws Problem usage, when it is none, was edited or is for another database
 */
export async function keptPlan(file: string, context: Context): Promise<Plan> {
  const plan = await readPlan(contentOf(file), file);
  const here = { environment: context.environment, database: placeOf(context), table: context.table.name };
  const same = plan.environment === here.environment && plan.database === here.database && plan.table === here.table;
  if (same) return plan;
  throw new Problem(
    'usage',
    `${file} is for ${plan.environment} ${plan.database} ${plan.table}, and this is ${here.environment} ${here.database} ${here.table}`,
    `give the context that it was made for: --context ${plan.context}`,
  );
}

const isPlan = (text: string): boolean => {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null && 'digest' in parsed && 'change' in parsed;
  } catch {
    return false;
  }
};

/** Keeps a plan in a file, which only its owner can read. @throws Problem usage, when something else is there */
export async function keepPlan(file: string, plan: Plan): Promise<void> {
  const there = existsSync(file);
  const before = there ? contentOf(file) : '';
  // An empty one is what a full disk left.
  if (before.trim() !== '' && !isPlan(before)) {
    throw new Problem('usage', `${file} is there and holds no plan`, 'name another file');
  }
  try {
    writeFileSync(file, jsonText(await sealed(plan)), { mode: 0o600 });
  } catch (error) {
    if (!there) rmSync(file, { force: true });
    throw new Problem('usage', `cannot write ${file}`, 'name a file that can be written', { cause: error });
  }
}
