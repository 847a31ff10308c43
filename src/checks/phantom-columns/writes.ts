import type { Token, Tokens } from './tokens.ts';

/** A column that code writes, and the token that names it. */
export interface CodeWrite {
  readonly column: string;
  readonly token: Token;
}

/** Calls that write the arrays, objects or named arguments that they are given: Laravel, Prisma, Knex, Kysely, Supabase, Django. */
const WRITERS: ReadonlySet<string> = new Set(
  `create forceCreate createQuietly createMany insert insertGetId insertOrIgnore update updateQuietly updateOrCreate
  updateOrInsert firstOrCreate firstOrNew fill forceFill upsert make values set bulkCreate get_or_create
  update_or_create`.split(/\s+/),
);

/** Calls and properties between a table's name and the writing call. */
const BETWEEN =
  /^(?:query|newQuery|where\w*|orWhere\w*|with\w*|without\w*|find\w*|first\w*|lockForUpdate|latest|oldest|order\w*|limit|take|fresh|refresh|factory|count|state|for|has|connection|on\w*|objects|filter|exclude|get|all|select|returning|tap|when)$/;
/** Calls between them whose argument is the table. */
const NAMING = /^(?:table|from|into|insert|insertInto|update|updateTable|insert_into|model)$/;
/** Calls that hand on the arrays that they are given. */
const WRAPPERS: ReadonlySet<string> = new Set(['array', 'array_merge', 'array_filter', 'collect', 'dict']);
/** Collections have these too: they count only where a call names the table. */
const COLLECTING: ReadonlySet<string> = new Set(['set', 'values']);
/** What `upsert` takes, in this order: only the last is a list of columns that are written. */
const UPSERTED = ['values', 'uniqueBy', 'update'] as const;
/** Keys under which some libraries take the row. */
const UNDER: ReadonlySet<string> = new Set(['data', 'defaults', 'create', 'update']);

const ACCESS: ReadonlySet<string> = new Set(['->', '?->', '::', '.', '?.']);
/** Steps of a chain, and tokens back to a variable's assignment, that are looked at: more is written by no person. */
const LONGEST_CHAIN = 50;
const LONGEST_WAY_BACK = 3_000;

const plain = (name: string): string => name.replace(/[$_]/g, '').toLowerCase();

/** Finds the writes to one table in the tokens of one file. */
class Finder {
  readonly #tokens: Tokens;
  readonly #names: readonly string[];
  readonly #knows: (column: string) => boolean;
  readonly #found: CodeWrite[] = [];

  constructor(tokens: Tokens, table: string, knows: (column: string) => boolean) {
    this.#tokens = tokens;
    const many = plain(table);
    this.#names = [many, many.replace(/ies$/, 'y').replace(/s$/, '')];
    this.#knows = knows;
  }

  find(): readonly CodeWrite[] {
    let inClass = false;
    for (const [index, { kind, value }] of this.#tokens.all.entries()) {
      if (kind !== 'word') continue;
      const next = this.#value(index + 1);
      if (value === 'class' && this.#at(index + 1)?.kind === 'word') inClass = this.#isModel(next ?? '');
      else if (value === '$fillable' && inClass && next === '=') this.#list([index + 2]);
      else if (next === '(' && this.#writes(index, inClass)) {
        if (value === 'upsert') this.#upsert(index + 1);
        else this.#rows([index + 1]);
      } else if (next === '->' && value.startsWith('$') && this.#isAbout(value)) this.#property(index);
    }
    return this.#found;
  }

  #at(index: number): Token | undefined {
    return this.#tokens.all[index];
  }

  #value(index: number): string | undefined {
    return this.#tokens.all[index]?.value;
  }

  #isModel(name: string): boolean {
    return this.#names.includes(plain(name));
  }

  /** Whether a variable, a property or a class is named after the table: `$newAppointment`, `appointments`. */
  #isAbout(name: string): boolean {
    const bare = plain(name);
    return this.#names.some((wanted) => bare.endsWith(wanted));
  }

  /** Whether the word before an opening bracket writes to the table. */
  #writes(index: number, inClass: boolean): boolean {
    const word = this.#value(index) ?? '';
    const before = this.#value(index - 1) ?? '';
    // `new Appointment([…])`, and Python's `Appointment(…)`, which a capital tells from a function.
    if (this.#isModel(word))
      return before === 'new' || (/^[A-Z]/.test(word) && !['class', 'def', 'function'].includes(before));
    return WRITERS.has(word) && ACCESS.has(before) && this.#subject(index - 2, inClass);
  }

  /** Whether the chain that ends at a token is about the table. */
  #subject(end: number, inClass: boolean): boolean {
    let index = end;
    for (let step = 0; step < LONGEST_CHAIN; step += 1) {
      const closing = this.#value(index) === ')' ? index : undefined;
      const opening = closing === undefined ? undefined : this.#tokens.partner.get(closing);
      if (closing !== undefined && opening === undefined) return false;
      const at = opening === undefined ? index : opening - 1;
      const word = this.#at(at);
      const bracketed = word?.kind !== 'word' || ['return', 'await', 'echo', 'if', 'and', 'or'].includes(word.value);
      // (new Appointment)->fill([…])
      if (bracketed)
        return (
          opening !== undefined && this.#value(opening + 1) === 'new' && this.#isModel(this.#value(opening + 2) ?? '')
        );
      const argument = opening === undefined ? undefined : this.#at(opening + 1);
      const chained = ACCESS.has(this.#value(at - 1) ?? '');
      const naming =
        argument !== undefined &&
        argument.kind !== 'mark' &&
        (NAMING.test(word.value) || (!chained && argument.kind === 'text'));
      if (naming) return this.#isModel(argument.value.split('.').at(-1) ?? '');
      if (!chained || !BETWEEN.test(word.value)) {
        if (COLLECTING.has(this.#value(end + 2) ?? '')) return false;
        return ['$this', 'self', 'static'].includes(word.value) ? inClass : this.#isAbout(word.value);
      }
      index = at - 2;
    }
    return false;
  }

  /** `$appointment->created_by = …` */
  #property(index: number): void {
    const token = this.#at(index + 2);
    if (token?.kind === 'word' && this.#value(index + 3) === '=') this.#found.push({ column: token.value, token });
  }

  /** The texts and the keys of lists, and of the lists that they consist of: `$fillable = ['status', …]`. */
  #list(lists: readonly number[]): void {
    this.#walk(lists, (from, to, bracket) => {
      const token = this.#at(from);
      if (token?.kind !== 'text') return this.#element(from, to, bracket);
      this.#found.push({ column: token.value, token });
      return undefined;
    });
  }

  /**
   * The columns of the rows, and of the list of what is written where a row is there already:
   * `upsert([[…]], ['id'], ['status'])`. Other libraries take options there, and Python names them.
   */
  #upsert(call: number): void {
    for (const [position, { from, to }] of this.#elements(call).entries()) {
      const named = from + 1 < to && [':', '='].includes(this.#value(from + 1) ?? '');
      const name = named ? this.#value(from) : UPSERTED[position];
      if (name !== 'values' && name !== 'update') continue;
      const arrays = this.#element(named ? from + 2 : from, to, '(') ?? [];
      if (name === 'values') this.#rows(arrays);
      else this.#list(arrays);
    }
  }

  /** The parts between the commas of a pair of brackets, as ranges of tokens. */
  #elements(opening: number): readonly { readonly from: number; readonly to: number }[] {
    const closing = this.#tokens.partner.get(opening);
    const elements: { from: number; to: number }[] = [];
    if (closing === undefined || closing < opening) return elements;
    let from = opening + 1;
    for (let index = from; index <= closing; index += 1) {
      if (index === closing || this.#value(index) === ',') {
        if (index > from) elements.push({ from, to: index });
        from = index + 1;
      } else {
        const partner = this.#tokens.partner.get(index);
        if (partner !== undefined && partner > index) index = partner;
      }
    }
    return elements;
  }

  /** The columns of the rows inside pairs of brackets: of a call, a list of rows, or a row. */
  #rows(brackets: readonly number[]): void {
    this.#walk(brackets, (from, to, bracket) => this.#element(from, to, bracket));
  }

  /** Takes the elements inside pairs of brackets, and inside the brackets that these lead to, each once. */
  #walk(
    brackets: readonly number[],
    take: (from: number, to: number, bracket: string) => readonly number[] | undefined,
  ): void {
    const [open, walked] = [[...brackets], new Set<number>()];
    for (let opening = open.pop(); opening !== undefined; opening = open.pop()) {
      if (walked.has(opening)) continue;
      walked.add(opening);
      for (const { from, to } of this.#elements(opening)) {
        open.push(...(take(from, to, this.#value(opening) ?? '') ?? []));
      }
    }
  }

  /** Takes a column from an element, or gives the brackets of the rows that it consists of. */
  #element(from: number, to: number, bracket: string): readonly number[] | undefined {
    const spread = ['...', '**', '*'].includes(this.#value(from) ?? '');
    const start = spread ? from + 1 : from;
    const [token, next] = [this.#at(start), start + 1 < to ? this.#value(start + 1) : undefined];
    if (token === undefined) return undefined;
    const names = next === '=>' || (bracket === '{' && next === ':') || (bracket === '(' && next === '=');
    if (names && token.kind !== 'mark') return this.#named(token, start + 2);
    // { status }
    if (bracket === '{' && !spread && next === undefined && token.kind === 'word') {
      this.#found.push({ column: token.value, token });
      return undefined;
    }
    if (token.value === '[' || token.value === '{') return token.kind === 'mark' ? [start] : undefined;
    if (token.kind !== 'word') return undefined;
    if (next === '(') return WRAPPERS.has(token.value) ? [start + 1] : undefined;
    return next === undefined ? this.#assigned(start) : undefined;
  }

  /** A column, or the row under a key that is none: Prisma's `data: {…}`, Django's `defaults={…}`. */
  #named(token: Token, value: number): readonly number[] | undefined {
    const row = this.#value(value) === '{' || this.#value(value) === '[';
    if (row && UNDER.has(token.value) && !this.#knows(token.value)) return [value];
    // Prisma's `where` beside `data`.
    if (token.value === 'where' && row) return undefined;
    this.#found.push({ column: token.value, token });
    return undefined;
  }

  /** The arrays that were assigned to a variable in the same function, before it is used. */
  #assigned(use: number): readonly number[] {
    const name = this.#value(use);
    for (let index = use - 1; index >= Math.max(0, use - LONGEST_WAY_BACK); index -= 1) {
      const value = this.#value(index);
      if (value === 'function' || value === 'def') break;
      if (value !== name || this.#at(index)?.kind !== 'word') continue;
      if (this.#value(index + 1) === '=') {
        const array = this.#value(index + 2) === 'array' ? index + 3 : index + 2;
        // $rows = [$rows]: what it was before.
        if ((this.#tokens.partner.get(array) ?? 0) > use) continue;
        return ['[', '{', '('].includes(this.#value(array) ?? '') ? [array] : [];
      }
      // $row['created_by'] = …
      const key = this.#at(index + 2);
      if (this.#value(index + 1) === '[' && key?.kind === 'text' && this.#value(index + 4) === '=') {
        this.#found.push({ column: key.value, token: key });
      }
    }
    return [];
  }
}

/**
 * The columns that code writes to a table: keys of arrays and objects in calls that write and are about the table by its
 * name or its model's (`appointments`, `Appointment`, `$newAppointment`), a model's `$fillable`, and assigned properties.
 * A call that takes its row from elsewhere is not followed.
 * @param knows whether the table has a column
 */
export function codeWrites(tokens: Tokens, table: string, knows: (column: string) => boolean): readonly CodeWrite[] {
  return new Finder(tokens, table, knows).find();
}
