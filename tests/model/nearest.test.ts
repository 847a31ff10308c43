import { describe, expect, it } from 'vitest';
import { didYouMean, nearest } from '../../src/model/nearest.ts';

describe('the nearest right name', () => {
  const keys = ['connection', 'environment', 'access', 'table', 'columns', 'statementTimeoutSeconds'];

  it.each([
    ['conection', 'connection'],
    ['envrionment', 'environment'],
    ['acess', 'access'],
    ['Tables', 'table'],
    ['statement_timeout_seconds', 'statementTimeoutSeconds'],
    ['column', 'columns'],
    ['env', 'environment'],
  ])('for %s it is %s', (word, name) => {
    expect(nearest(word, keys)).toBe(name);
  });

  it('finds a table by its beginning', () => {
    expect(nearest('appointment', ['users', 'appointments_2024', 'jobs'])).toBe('appointments_2024');
  });

  it('prefers the fewest steps', () => {
    expect(nearest('appointmets', ['appointment', 'appointments'])).toBe('appointments');
  });

  it('offers nothing for a word that is like none', () => {
    expect(nearest('zebra', keys)).toBeUndefined();
    expect(nearest('', keys)).toBeUndefined();
    expect(didYouMean('zebra', keys)).toBe('');
  });

  it('makes a sentence', () => {
    expect(didYouMean('acess', keys)).toBe(' Did you mean access?');
  });
});
