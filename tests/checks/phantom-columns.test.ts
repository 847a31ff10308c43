import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { DatabaseCheck } from '../../src/checks/check.ts';
import { phantomColumnsInCode } from '../../src/checks/phantom-columns/finding.ts';
import { type CodeScan, scanCode } from '../../src/checks/phantom-columns/scan.ts';
import { Problem } from '../../src/model/problem.ts';
import { ENGINES } from '../engines/engines.ts';
import { CheckedDatabase } from './checked-database.ts';

const TABLE = {
  name: 'appointments',
  columns: ['id', 'status', 'starts_at', 'metadata', 'calcom_booking_id', 'calcom_v2_booking_id'],
  ids: ['calcom_booking_id', 'calcom_v2_booking_id'],
};

type Tree = Readonly<Record<string, string | Buffer>>;

/** A folder with these files, gone after the test. */
function planted(tree: Tree): string {
  const folder = mkdtempSync(join(tmpdir(), 'apptop-code-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(tree)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

const scan = (folder: string, signal = new AbortController().signal): Promise<CodeScan> =>
  scanCode(folder, TABLE, signal);

/** The phantom columns of one file's text as `line column`. */
async function phantomsIn(path: string, text: string): Promise<readonly string[]> {
  const { phantoms } = await scan(planted({ [path]: text }));
  return phantoms.map(({ line, column }) => `${line} ${column}`);
}

describe('columns that PHP writes', () => {
  const php = (text: string) => phantomsIn('a.php', `<?php\n${text}`);

  test('are told with their lines, however the array is laid out', async () => {
    const found = await php(`
      $appointment = new Appointment();
      $appointment->forceFill([
        'status' => 'booked', // 'in_a_comment' => 1,
        # 'in_another' => 1,
        'metadata' => json_encode(['nested' => [1, 'deeper' => "]"]]),
        /* 'in_a_block' => 1, */
        "created_by" => 'customer => \\'x', 'booking_source' => $source ?? array('y' => 1),
        'booked_by_user_id'
          => null,
      ])->save();`);
    expect(found).toEqual(['9 created_by', '9 booking_source', '10 booked_by_user_id']);
  });

  test.each([
    ["Appointment::create(['tip' => 1]);"],
    ["\\App\\Models\\Appointment::query()->where('id', 1)->update(['tip' => 1]);"],
    ["DB::table('appointments')->where(fn ($q) => $q->where('a', 1))->insert([['status' => 1], ['tip' => 1]]);"],
    ["Appointment::updateOrCreate(['id' => 1], ['tip' => 1]);"],
    ["$customer->appointments()->create(['tip' => 1]);"],
    ["$this->appointment->update(array('tip' => 1));"],
    ["$newAppointment?->fill(array_merge($defaults, ['tip' => 1]));"],
    ["(new Appointment)->fill(['tip' => 1]);"],
    ["new Appointment(['tip' => 1]);"],
    ['$appointment->tip = 1;'],
    ["class Appointment extends Model { protected $fillable = ['status', 'tip']; }"],
    ["class Appointment extends Model { function done() { $this->update(['tip' => 1]); } }"],
    ["function f() { $row = ['status' => 1, 'tip' => 2]; Appointment::create($row); }"],
    ["function f($row) { $row['tip'] = 1; Appointment::create($row); }"],
    ["function f() { $row = ['tip' => 1]; $row = [$row]; Appointment::insert($row); }"],
    ["Appointment::create([...$defaults, 'tip' => 1]);"],
    ['DB::insert("INSERT INTO appointments (status, tip) VALUES (?, ?)", [1, 2]);'],
    ["DB::update('UPDATE `appointments` SET status = IF(a = 1, 2, 3), `tip` = ? WHERE x = 1');"],
    ["Appointment::factory()->count(3)->create(['tip' => 1]);"],
    ["Appointment::upsert($rows, ['id'], ['status', 'tip']);"],
    ["Appointment::upsert($rows, uniqueBy: 'id', update: array('tip'));"],
    ["function f($rows) { $update = ['tip']; Appointment::upsert($rows, ['id'], $update); }"],
    ["DB::table('appointments')->upsert([['id' => 1, 'tip' => 2]], ['id'], ['status']);"],
    ["DB::table('appointments')->upsert([['id' => 1]], ['id'], ['status', 'tip' => DB::raw('status + 1')]);"],
    ["DB::table('appointments')->updateOrInsert(['id' => 1], ['status' => 1, 'tip' => 2]);"],
    ["DB::table('appointments')->updateOrInsert(['id' => 1, 'tip' => 2], ['status' => 1]);"],
    ["DB::table('appointments')->insertOrIgnore([['id' => 1], ['tip' => 2]]);"],
    ["$id = DB::table('appointments')->insertGetId(['tip' => 2], 'uuid');"],
    ["DB::statement('INSERT INTO appointments (id) VALUES (?) ON DUPLICATE KEY UPDATE tip = VALUES(tip)', [1]);"],
    [
      "DB::statement('INSERT INTO appointments (id) VALUES ' . implode(',', $marks) . ' ON CONFLICT (id) DO UPDATE SET tip = 1');",
    ],
    ["$sql = 'INSERT INTO appointments (id)' . $db->values($rows) . ' ON DUPLICATE KEY ' . 'UPDATE tip = 1';"],
  ])('are found in %s', async (line) => expect(await php(line)).toEqual(['2 tip']));

  test.each([
    ["Customer::create(['tip' => 1]);"],
    ["$appointment->customer->update(['tip' => 1]);"],
    ["$appointment->calls()->create(['tip' => 1]);"],
    ["DB::table('calls')->insert(['tip' => 1]);"],
    ["$appointmentService->create(['tip' => 1]);"],
    ["Appointment::where(['tip' => 1])->get();"],
    ["if ($appointment->tip == 1) { $x = ['tip' => $appointment->tip]; }"],
    ["class Customer extends Model { protected $fillable = ['tip']; function f() { $this->update(['tip' => 1]); } }"],
    ["function f() { $row = ['tip' => 2]; } function g($row) { Appointment::create($row); }"],
    ["// Appointment::create(['tip' => 1]);"],
    ['echo \'Appointment::create(["tip" => 1])\';'],
    ["?> Appointment::create(['tip' => 1]) <?php"],
    ["DB::insert('INSERT INTO calls (tip) SELECT status FROM appointments');"],
    ["Appointment::create(['STATUS' => 1, 'metadata' => ['tip' => 1]]);"],
    ["Appointment::upsert($rows, ['tip'], ['status' => 'tip']);"],
    ["Customer::upsert($rows, ['id'], ['tip']);"],
    ['DB::update("UPDATE appointments SET $tip = ?, {$tip} = ? WHERE id = $1", [1]);'],
    ["DB::table('appointments')->insertGetId(['status' => 'tip'], 'tip');"],
    ["f('INSERT INTO appointments (id) VALUES (1)', 'INSERT INTO x (id)' . ' ON DUPLICATE KEY UPDATE tip = 1');"],
    ["f('INSERT INTO appointments (id) VALUES (1)', ' ON DUPLICATE KEY UPDATE tip = 1');"],
  ])('are none in %s', async (line) => expect(await php(line)).toEqual([]));

  test('SQL in a heredoc keeps its lines', async () => {
    const found = await php(
      '$sql = <<<SQL\n  INSERT INTO crm.appointments (\n    status,\n    tip\n  ) VALUES (1, 2)\nSQL;\n$appointment->late = 1;',
    );
    expect(found).toEqual(['5 tip', '8 late']);
  });
});

describe('columns that other languages write', () => {
  test.each([
    ['a.ts', "await supabase.from('appointments').insert([{ status: 'x', startsAt: now, tip: 1 }]);"],
    ['a.tsx', "await prisma.appointment.update({ where: { slug: 1 }, data: { ...rest, 'tip': { set: 1 } } });"],
    ['a.js', "knex('appointments').where({ a: 1 }).update({ status, tip });"],
    ['a.mjs', "db.updateTable('appointments').set({ tip: 1 }).where('id', '=', 1).execute();"],
    ['a.ts', 'db.insert(appointments).values({ tip: `${a ? `}` : "{"}` });'],
    ['a.js', 'const quote = /[\'"]/; Appointment.create({ tip: 1 });'],
    ['a.js', 'await client.query(`INSERT INTO "appointments" ("status", "tip") VALUES ($1, ${two})`);'],
    ['a.py', "Appointment.objects.create(status='x', tip=1, metadata={'deep': 1})"],
    ['a.py', "Appointment.objects.filter(slug=1).update(tip=1)  # it's"],
    ['a.py', 'Appointment.objects.update_or_create(id=1, defaults={"tip": 1})'],
    ['a.py', "supabase.table('appointments').insert({'tip': 1}).execute()"],
    ['a.ts', "await supabase.from('appointments').upsert({ tip: 1 }, { onConflict: 'id', ignoreDuplicates: true });"],
    ['a.ts', 'await prisma.appointment.upsert({ where: { slug: 1 }, create: { status }, update: { tip: 1 } });'],
    [
      'a.js',
      "db.query('INSERT INTO appointments (id) VALUES ' + rows.map(row).join() + ' ON CONFLICT (id) DO UPDATE SET tip = 1')",
    ],
    ['a.py', "supabase.table('appointments').upsert({'tip': 1}, on_conflict='id').execute()"],
    ['a.py', "cursor.execute('INSERT INTO appointments (id) VALUES (%s) ' 'ON DUPLICATE KEY UPDATE tip = %s')"],
    ['a.py', "cursor.execute('''UPDATE appointments AS a SET tip = %s WHERE other = 1''')"],
    ['a.sql', "INSERT INTO public.appointments (status, tip) VALUES ('a, b', 1); -- INSERT INTO appointments (old)"],
    [
      'a.sql',
      'INSERT INTO appointments VALUES (1) AS new ON DUPLICATE KEY UPDATE status = new.status, tip = new.status',
    ],
    [
      'a.sql',
      'INSERT INTO appointments (id) VALUES (1) ON DUPLICATE KEY UPDATE status = IF(VALUES(id) > 1, 2, 3), tip = 1',
    ],
    [
      'a.sql',
      "INSERT INTO appointments SELECT * FROM x ON DUPLICATE KEY UPDATE status = REPLACE(status, 'a', 'b'), tip = 1",
    ],
    [
      'a.sql',
      'INSERT INTO appointments (id) VALUES (1) ON DUPLICATE KEY UPDATE status = (SELECT a FROM x LIMIT 1), `tip` = 1',
    ],
    [
      'a.sql',
      'INSERT INTO appointments AS a (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET "tip" = EXCLUDED.x WHERE a.y = 1',
    ],
    [
      'a.sql',
      'INSERT INTO appointments (id) VALUES (1) ON CONFLICT DO UPDATE SET (status, tip) = (EXCLUDED.status, 1)',
    ],
    ['a.sql', 'INSERT OR IGNORE INTO appointments (id, tip) VALUES (1, 2)'],
    ['a.sql', 'INSERT INTO appointments AS a (id, tip) VALUES (1, 2)'],
    ['a.sql', 'UPDATE appointments SET status = (SELECT a FROM x WHERE b = 1), tip = 1 WHERE other = 1'],
    [
      'a.sql',
      'WITH new AS (INSERT INTO appointments VALUES (1) ON CONFLICT (id) DO UPDATE SET tip = 1) SELECT other = 1',
    ],
  ])('are found in %s: %s', async (path, line) => expect(await phantomsIn(path, line)).toEqual(['1 tip']));

  test.each([
    ['a.js', 'appointments.set(id, { tip: 1 }); cache.create({ tip: 1 });'],
    ['a.ts', 'const appointment: { tip: number } = { tip: 1 }; // appointment.update({ tip: 1 })'],
    ['a.py', 'class Appointment(models.Model):\n    tip = 1\n"""Appointment.objects.create(tip=1)"""'],
    ['a.sql', "UPDATE calls SET tip = 1; SELECT 'INSERT INTO appointments (tip)'; -- UPDATE appointments SET tip = 1"],
    ['a.sql', 'INSERT INTO calls (id) SELECT id FROM appointments ON DUPLICATE KEY UPDATE tip = 1'],
    [
      'a.sql',
      'INSERT INTO appointments (id) VALUES (1); INSERT INTO calls VALUES (1) ON CONFLICT DO UPDATE SET tip = 1',
    ],
    ['a.sql', 'INSERT INTO appointments (id) VALUES (1) ON CONFLICT (tip) DO NOTHING; ON DUPLICATE KEY UPDATE tip = 1'],
    ['a.js', "db.query('INSERT INTO appointments (id)'); db.query('x ON CONFLICT (id) DO UPDATE SET tip = 1')"],
    ['a.txt', "Appointment::create(['tip' => 1]);"],
  ])('are none in %s: %s', async (path, line) => expect(await phantomsIn(path, line)).toEqual([]));
});

describe('a search', () => {
  test('tells every mention of the id columns, in any text and in comments', async () => {
    const { references, files } = await scan(
      planted({
        'app/a.php': "<?php\n// calcom_booking_id\n$x['calcom_v2_booking_id'] = $old_calcom_booking_id;\n",
        'b.md': 'calcom_booking_id and calcom_booking_id\r\n\ncalcom_booking_ids, calcom_v2_booking_id.',
      }),
    );
    expect(references.map(({ file, line, column }) => `${file}:${line} ${column}`)).toEqual([
      'b.md:1 calcom_booking_id',
      'b.md:3 calcom_v2_booking_id',
      'app/a.php:2 calcom_booking_id',
      'app/a.php:3 calcom_v2_booking_id',
    ]);
    expect(files).toBe(2);
  });

  test('passes over other people’s code, links, large and binary files', async () => {
    const line = "<?php Appointment::create(['calcom_booking_id' => 1, 'tip' => 1]);";
    const outside = planted({ 'out.php': line });
    const folder = planted({
      'vendor/a.php': line,
      'app/node_modules/a.php': line,
      '.git/a.php': line,
      'large.php': line + ' '.repeat(1_048_576),
      'binary.php': Buffer.concat([Buffer.from(line), Buffer.from([0])]),
      'in.php': line,
    });
    symlinkSync(outside, join(folder, 'linked'));
    symlinkSync(join(outside, 'out.php'), join(folder, 'linked.php'));
    symlinkSync(folder, join(folder, 'round'));
    const { phantoms, references, files, skipped } = await scan(folder);
    expect(phantoms).toEqual([{ file: 'in.php', line: 1, column: 'tip' }]);
    expect([references.length, files, skipped]).toEqual([1, 1, 2]);
  });

  test('takes names and contents as data, however hostile', async () => {
    const name = 'a\u001b[31m\n"; rm -rf .php';
    const found = await scan(
      planted({
        [name]: "<?php $appointment->update(['\u001b]0;x\u0007' => 1]); $appointment->update(['lost' => \"",
        'good.php': "<?php Appointment::create(['\u001b]0;x\u0007' => 1, '__proto__' => 1]);",
        'deep.php': `<?php Appointment::create(${'['.repeat(200_000)}`,
        'paired.php': `<?php Appointment::create(${'['.repeat(100_000)}${']'.repeat(100_000)});`,
        'calls.js': "db.from('x').insert({a: 1}).".repeat(20_000),
        'itself.php': '<?php $a = [$a]; Appointment::insert($a);',
        'doubled.php': `<?php $a = [1]; ${'$b = [$a, $a]; $a = [$b, $b]; '.repeat(100)}Appointment::insert($a);`,
        'slashes.js': '/['.repeat(200_000),
        'templates.js': '`${'.repeat(200_000),
        'quotes.py': "'''".repeat(100_001),
        'broken.php': Buffer.from([0x3c, 0x3f, 0xff, 0xfe, 0x80]),
        'updates.sql': 'UPDATE appointments SET '.repeat(20_000),
        'inserts.sql': 'INSERT INTO appointments ('.repeat(20_000),
        'quoted.sql': '"UPDATE appointments SET ('.repeat(20_000),
        'conflicts.sql': `INSERT INTO appointments SELECT 1 ${'ON DUPLICATE KEY UPDATE ('.repeat(20_000)}`,
        'joined.js': `x = 'INSERT INTO a' + f(${"'INSERT INTO a' + f(".repeat(20_000)}${") + 'b'".repeat(20_000)}`,
        'chained.js': "'UPDATE' + a.b + ".repeat(40_000),
      }),
    );
    expect(found.phantoms.map(({ file, column }) => [file, column])).toEqual([
      [name, '\u001b]0;x\u0007'],
      ['good.php', '\u001b]0;x\u0007'],
      ['good.php', '__proto__'],
    ]);
    expect(found.files).toBe(17);
  }, 20_000);

  test('of a folder that is not there says so, and one that is no longer wanted ends', async () => {
    await expect(scan('/no/such/folder')).rejects.toThrow(
      new Problem('usage', '/no/such/folder is no folder that can be read', 'give the folder of the source code'),
    );
    await expect(scan(planted({ 'a.php': '' }), AbortSignal.abort())).rejects.toMatchObject({ kind: 'cancelled' });
  });
});

for (const engine of ENGINES) {
  test(`a table of ${engine.name} is held against code`, async () => {
    const folder = planted({
      'app/Booking.php':
        "<?php\nAppointment::create([\n'status' => 1,\n'created_by' => 'customer',\n'calcom_v2_booking_id' => 2]);",
    });
    const check: DatabaseCheck = {
      id: 'schema/phantom-columns',
      title: 'Every column that the code writes exists',
      system: 'schema',
      phases: ['pre'],
      severity: 'stop',
      reason: '',
      remedy: '',
      look: (ground) => phantomColumnsInCode(ground, folder),
    };
    const checked = new CheckedDatabase(engine, await engine.database(), [check]);
    await engine.createAppointments(checked.db);
    const { verdict, sample, figure } = await checked.result(check.id);
    expect([verdict, sample]).toEqual(['fail', [{ pk: 'app/Booking.php:4', column: 'created_by' }]]);
    expect(figure).toBe('1 file read; 1 mention of the id columns');
    await checked.sql('ALTER TABLE appointments ADD COLUMN created_by varchar(20)');
    expect(await checked.finds(check.id)).toEqual(['pass']);
    await checked.db.drop();
  });
}
