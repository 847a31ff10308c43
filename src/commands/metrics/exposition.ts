import { visible } from '../../model/text.ts';

type Labels = Readonly<Record<string, string>>;

/** A figure that can go up and down, with its values by label. */
export interface Gauge {
  readonly name: string;
  readonly help: string;
  readonly samples: readonly (readonly [labels: Labels, value: number])[];
}

/** A gauge without labels; without a value it has no line. */
export const single = (name: string, help: string, value: number | undefined): Gauge => ({
  name,
  help,
  samples: value === undefined ? [] : [[{}, value]],
});

/** Shown before it is escaped, so that nothing in it reaches a terminal that looks at the output. */
const escaped = (value: string): string => visible(value).replace(/[\\"]/g, '\\$&');

function labelled(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

/**
 * Gauges in the text format of Prometheus, each with its help and type; one without samples is left out. Values that
 * look the same once they are shown are one series with their sum: the format has no place for two.
 * Source: https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function exposition(gauges: readonly Gauge[]): string {
  const families = gauges.map(({ name, help, samples }) => {
    const series = new Map<string, number>();
    for (const [labels, value] of samples) {
      const key = name + labelled(labels);
      series.set(key, (series.get(key) ?? 0) + value);
    }
    const lines = [...series].map(([key, value]) => `${key} ${value}\n`);
    return lines.length === 0 ? '' : `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${lines.join('')}`;
  });
  return families.join('');
}
