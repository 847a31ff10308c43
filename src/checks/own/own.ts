import type { OwnFacts } from '../../config/own-checks.ts';

/** What a check of the users' own is known by, with what they left unsaid filled in. */
export function ownCheck(facts: OwnFacts, title: string, remedy: string) {
  return {
    id: `own/${facts.name}`,
    title: facts.title ?? title,
    system: 'own' as const,
    phases: facts.phases,
    severity: facts.severity,
    reason: 'the config asks for it',
    remedy: facts.remedy ?? remedy,
  };
}
