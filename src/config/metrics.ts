import type { TextSource } from './text-source.ts';

/** Figures that only the application knows. Their targets are the thresholds of the same names. */
export const METRICS = ['webhookCascades', 'processingSeconds'] as const;
export type Metric = (typeof METRICS)[number];

/** Where a figure is read: one statement that returns a number, or a text that ends in one. */
export type MetricSource = { readonly sql: string } | TextSource;

/** By their names; undefined where nobody said. */
export type Metrics = Readonly<Record<Metric, MetricSource | undefined>>;
