import { useEffect, useState } from 'react';

/** The local time in milliseconds, drawn anew every so many seconds, on the second. */
export function useNow(everySeconds = 1): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const step = everySeconds * 1000;
    let timer: NodeJS.Timeout;
    const tick = () => {
      setNow(Date.now());
      timer = setTimeout(tick, step - (Date.now() % step));
    };
    timer = setTimeout(tick, step - (Date.now() % step));
    return () => clearTimeout(timer);
  }, [everySeconds]);
  return now;
}
