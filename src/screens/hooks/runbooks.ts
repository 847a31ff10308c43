import { useEffect } from 'react';
import { useServices, useVisible } from './console.ts';

/** Reads the runs of runbooks when somebody comes to a view, and with each refresh while they stay. */
export function useFreshRunbooks(): void {
  const { runbooks, live } = useServices();
  const visible = useVisible();
  useEffect(() => {
    if (!visible) return undefined;
    void runbooks.reread();
    return live.refreshWith(() => runbooks.reread());
  }, [runbooks, live, visible]);
}
