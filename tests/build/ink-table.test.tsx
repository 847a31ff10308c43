import { Text } from 'ink';
import Table from 'ink-table';
import { render } from 'ink-testing-library';
import { expect, test } from 'vitest';

test('ink-table draws with the Ink that everything else draws with', () => {
  const { lastFrame } = render(
    <>
      <Text>summary</Text>
      <Table data={[{ origin: 'retell', rows: 9 }]} />
    </>,
  );
  expect(lastFrame()).toContain('│ retell │ 9    │');
});
