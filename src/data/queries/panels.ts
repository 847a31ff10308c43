/** A property of a row that panels group by. */
export type Dimension =
  | 'v1'
  | 'v2'
  | 'equal'
  | 'taken'
  | 'byDesign'
  | 'source'
  | 'tenant'
  | 'origin'
  | 'status'
  | 'created'
  | 'initiated'
  | 'latency'
  | 'inReview'
  | 'code'
  | 'cause';

const ID_DIMENSIONS: readonly Dimension[] = ['v1', 'v2', 'equal', 'taken', 'byDesign'];

/** The panels and what each groups by. Rows come back for each panel apart, so their number is a sum, not a product. */
export const PANELS: Readonly<Record<Panel, readonly Dimension[]>> = {
  sources: [...ID_DIMENSIONS, 'source'],
  tenants: [...ID_DIMENSIONS, 'tenant'],
  sync: ['origin', 'status', 'created'],
  latency: ['initiated', 'latency'],
  review: ['inReview', 'code', 'cause'],
};
export type Panel = 'sources' | 'tenants' | 'sync' | 'latency' | 'review';

/** The bucket of verifications older than the current attempt, which say nothing about it. */
export const IMPOSSIBLE = -1;
/** The bucket of latencies over an hour, in seconds. */
export const SLOWEST = 999_999_999;

export const isIn = (panel: Panel, name: Dimension): boolean => PANELS[panel].includes(name);
