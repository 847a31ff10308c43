import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';
import { INK_TABLE, inkTableAsModule } from './ink-table.ts';

/*
 * What makes the console start fast, as edits of sources that we bundle. Milliseconds from start to the first frame of
 * a one-line Ink program in a pty, the least of 15 runs on two cores (an empty program: 22):
 *
 *   bundled                                         148
 *   + Yoga reads its WebAssembly without fetch      131   (fetch loads undici)
 *   + \p{RGI_Emoji} compiled on the first emoji      92   (20 ms to compile, and asked for every character past ASCII)
 *   + module.enableCompileCache() in the launcher    80
 *
 * A lazy Segmenter in string-width costs Ink nothing and spares yargs, which never measures anything but ASCII, 10 ms.
 * Tried and left out, no gain: minified names, lazy Segmenters in the other packages.
 * Bundled drivers load faster than those in node_modules: pg 37 against 43, mysql2 63 against 64; yargs 63 against 73.
 */

interface Edit {
  readonly name: string;
  readonly file: RegExp;
  readonly replace: ReadonlyArray<readonly [from: string, to: string]>;
}

const EDITS: readonly Edit[] = [
  {
    name: 'yoga-without-fetch',
    file: /[\\/]yoga-layout[\\/]dist[\\/]binaries[\\/]yoga-wasm-base64-esm\.js$/,
    replace: [['"function"!=typeof fetch', 'true']],
  },
  {
    name: 'emoji-when-needed',
    file: /[\\/]node_modules[\\/]string-width[\\/]index\.js$/,
    replace: [
      ['const segmenter = new Intl.Segmenter();', 'let segmenter;'],
      ['of segmenter.segment(', 'of (segmenter ??= new Intl.Segmenter()).segment('],
      ['const rgiEmojiRegex = /^\\p{RGI_Emoji}$/v;', 'let rgiEmojiRegex;'],
      // Every RGI emoji holds a character of emoji presentation or the selector that asks for it.
      [
        'if (rgiEmojiRegex.test(segment) ||',
        'if ((/[\\p{Emoji_Presentation}\\uFE0F]/u.test(segment) && (rgiEmojiRegex ??= /^\\p{RGI_Emoji}$/v).test(segment)) ||',
      ],
    ],
  },
];

/**
 * The text with every edit made.
 * @throws Error naming the edit that finds no place
 */
export function edited(text: string, { name, replace }: Pick<Edit, 'name' | 'replace'>): string {
  let result = text;
  for (const [from, to] of replace) {
    if (!result.includes(from)) throw new Error(`${name}: nothing reads ${from}`);
    result = result.replaceAll(from, () => to);
  }
  return result;
}

/** Edits packages while they are bundled. The build fails when an edit no longer finds its place or its file. */
export const startUp: Plugin = {
  name: 'start-up',
  setup(build) {
    const made = new Set<Edit>();
    for (const edit of EDITS) {
      build.onLoad({ filter: edit.file }, async ({ path }) => {
        made.add(edit);
        return { contents: edited(await readFile(path, 'utf8'), edit), loader: 'js' };
      });
    }
    build.onEnd(() => {
      const idle = EDITS.filter((edit) => !made.has(edit));
      return { errors: idle.map((edit) => ({ text: `${edit.name}: no file matches ${edit.file}` })) };
    });
  },
};

/** Ink loads React's developer tools when DEV is set; they are not in the bundle. */
export const withoutDevtools: Plugin = {
  name: 'without-devtools',
  setup(build) {
    build.onResolve({ filter: /^\.\/devtools\.js$/ }, () => ({ path: 'devtools', namespace: 'empty' }));
    build.onLoad({ filter: /^devtools$/, namespace: 'empty' }, () => ({ contents: '' }));
  },
};

/** ink-table with the same Ink and React as everything else. */
export const sharedInk: Plugin = {
  name: 'shared-ink',
  setup(build) {
    build.onLoad({ filter: INK_TABLE }, async ({ path }) => ({
      contents: inkTableAsModule(await readFile(path, 'utf8')),
      loader: 'js',
    }));
  },
};
