/** What one server's words differ in. */
export interface Flavour {
  readonly product: 'MariaDB' | 'MySQL';
  readonly version: string;
  /** The variable that makes a session's transactions only read. */
  readonly readOnly: string;
  /** The variable of their isolation. */
  readonly isolation: string;
  /** Compares byte for byte, trailing spaces included: `CAST(… AS CHAR)` takes it from the session. */
  readonly collation: string;
  readonly showReplicas: string;
}

/** Whether a version like `10.11.6` is at least another. */
function atLeast(version: string, wanted: string): boolean {
  return version.localeCompare(wanted, 'en', { numeric: true }) >= 0;
}

/** By what `VERSION()` says. */
export function flavourOf(fullVersion: string): Flavour {
  // Proxies and old replication protocols put a false 5.5.5 in front.
  const version = /\d+\.\d+\.\d+/.exec(fullVersion.replace(/^5\.5\.5-/, ''))?.[0] ?? fullVersion;
  if (/mariadb/i.test(fullVersion)) {
    const prefix = atLeast(version, '11.1.1') ? 'transaction' : 'tx';
    return {
      product: 'MariaDB',
      version,
      readOnly: `${prefix}_read_only`,
      isolation: `${prefix}_isolation`,
      collation: 'utf8mb4_nopad_bin',
      showReplicas: 'SHOW ALL SLAVES STATUS',
    };
  }
  return {
    product: 'MySQL',
    version,
    readOnly: 'transaction_read_only',
    isolation: 'transaction_isolation',
    collation: atLeast(version, '8.0.17') ? 'utf8mb4_0900_bin' : 'utf8mb4_bin',
    showReplicas: atLeast(version, '8.0.22') ? 'SHOW REPLICA STATUS' : 'SHOW SLAVE STATUS',
  };
}
