/** What we use of ink-table 3, whose own types need the JSX namespace that React 19 no longer makes global. */
declare module 'ink-table' {
  import type { ComponentType, PropsWithChildren, ReactNode } from 'react';

  type Cell = string | number | boolean | null | undefined;

  interface TableProps {
    readonly data: readonly Readonly<Record<string, Cell>>[];
    readonly columns?: readonly string[];
    readonly padding?: number;
    readonly header?: (props: PropsWithChildren) => ReactNode;
    readonly cell?: (props: PropsWithChildren<{ readonly column: number }>) => ReactNode;
    readonly skeleton?: (props: PropsWithChildren) => ReactNode;
  }

  const Table: ComponentType<TableProps>;
  export default Table;
}
