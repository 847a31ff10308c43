import { expect, test } from 'vitest';
import { type KeptOutcome, type Outcome, rowStanding, type SyncState, seenOf } from '../../src/model/review.ts';

const AT = Date.UTC(2026, 10, 21, 12, 0, 0);
const FAILED: SyncState = {
  status: 'failed',
  attempts: '3',
  errorCode: 'HTTP_401',
  inReview: true,
  flaggedAt: AT - 60_000,
  attemptedAt: AT - 60_000,
  verifiedAt: undefined,
};

/** Lines about a row, the newest first. */
const kept = (...outcomes: readonly Outcome[]): readonly KeptOutcome[] =>
  outcomes.map((outcome, index) => ({
    pk: '7',
    outcome,
    detail: `detail ${index}`,
    run: outcomes.length - index,
    at: AT - index * 1000,
    operator: `op${index}@host`,
    seen: seenOf(FAILED),
  }));

const standing = (outcomes: readonly Outcome[], state = FAILED) => rowStanding(kept(...outcomes), state, AT + 20_500);

test('a row that was handed on is retrying until the database says otherwise', () => {
  expect(standing(['queued'])).toMatchObject({ retry: 'retrying', seconds: 20, retries: 1 });
  expect(standing(['queued'], { ...FAILED, status: 'pending' })).toMatchObject({ retry: 'retrying' });
  expect(standing(['queued'], { ...FAILED, status: 'synced' })).toMatchObject({
    retry: 'succeeded',
    seconds: undefined,
  });
  expect(standing(['queued', 'queued'], { ...FAILED, attemptedAt: AT + 1000 })).toMatchObject({
    retry: 'failed-again',
    retries: 2,
  });
  expect(rowStanding(kept('queued'), undefined, AT).retry).toBeUndefined();
});

test('a clock that is off by an hour is no attempt, and an attempt by such a clock is one', () => {
  const ahead = { ...FAILED, attemptedAt: AT + 3_600_000 };
  const noted = kept('queued').map((line) => ({ ...line, seen: seenOf(ahead) }));
  expect(rowStanding(noted, ahead, AT).retry).toBe('retrying');
  expect(rowStanding(noted, { ...ahead, attempts: '4', attemptedAt: AT - 3_600_000 }, AT).retry).toBe('failed-again');
});

test('what ended at once is told as it ended, and a bulk retry that left it alone only where nothing else is known', () => {
  expect(standing(['failed'])).toMatchObject({ retry: 'failed', retries: 1 });
  expect(standing(['begun'])).toMatchObject({ retry: 'begun' });
  expect(standing(['unknown', 'failed'])).toMatchObject({ retry: 'unknown', retries: 2 });
  expect(standing(['refused'])).toMatchObject({ retry: 'left', retries: 0 });
  expect(standing(['refused', 'queued'])).toMatchObject({ retry: 'retrying', retries: 1 });
});

test('a claim holds until it is released, and the newest remark is the one that is shown', () => {
  expect(standing(['noted', 'taken', 'noted'])).toMatchObject({ takenBy: 'op1@host', noted: 'detail 0' });
  expect(standing(['released', 'taken'])).toMatchObject({ takenBy: undefined, noted: undefined, retry: undefined });
  expect(standing(['taken', 'released', 'taken'])).toMatchObject({ takenBy: 'op0@host' });
});

test('what was done before a row last left the queue is over', () => {
  const back = { takenBy: undefined, noted: undefined, retry: undefined, retries: 0 };
  expect(standing(['dismissed', 'taken', 'noted', 'queued'])).toMatchObject({ ...back, dismissed: true });
  expect(standing(['succeeded', 'queued', 'taken'])).toMatchObject({ ...back, dismissed: false });
  expect(standing(['queued', 'succeeded', 'queued'])).toMatchObject({ retry: 'retrying', retries: 1 });
});
