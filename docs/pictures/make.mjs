// Makes the pictures of the README files: `.ci/services browser --install`, then `node docs/pictures/make.mjs`. The traces are
// those of the tests of the page and of the demo; playwright-core is that of `.ci/services browser`.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createRequire } from 'node:module';
import { shop } from '../../tests/browser/traces.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '../..');
const program = path.join(root, 'target/debug/floe-trace');
const work = fs.mkdtempSync(path.join(os.tmpdir(), 'pictures-'));
const run = (...command) => execFileSync(command[0], command.slice(1), { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

run('cargo', 'build', '--quiet', '-p', 'floe-trace');
const traces = path.join(work, 'shop.jsonl');
fs.writeFileSync(traces, shop());

// ---- the terminal, as SVG: colours of text as the terminal has them ------------------------------------------------

const COLORS = { 31: '#ff8a80', 32: '#7bd88f', 33: '#e5c07b', 36: '#66d9ef' };
const escape = text => text.replace(/[&<>]/g, c => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c]);

function terminal(command, text) {
  const [width, height, left, top] = [8.43, 19, 18, 46];
  const lines = [`\u001b[32m$\u001b[0m ${command}`, ...text.trimEnd().split('\n')];
  const rows = lines.map((line, row) => {
    let [column, style, out] = [0, {}, ''];
    for (const part of line.split(/(\u001b\[[0-9;]*m)/)) {
      const codes = /^\u001b\[([0-9;]*)m$/.exec(part);
      if (codes) {
        for (const code of codes[1].split(';').map(Number)) {
          if (!code) style = {};
          else if (code === 1) style.bold = true;
          else if (code === 2) style.dim = true;
          else if (COLORS[code]) style.color = COLORS[code];
        }
      } else if (part) {
        // Blocks are drawn, because fonts leave gaps between them.
        for (const [piece] of part.matchAll(/█+|▒+| +|[^█▒ ]+(?: [^█▒ ]+)*/g)) {
          const x = (left + column * width).toFixed(1), y = top + row * height;
          const fill = style.color || (style.dim ? '#8b949e' : '#e6edf3');
          if (/[█▒]/.test(piece)) out += `<rect x="${x}" y="${y - 12}" width="${(piece.length * width).toFixed(1)}" height="13" fill="${fill}"${piece[0] === '▒' ? ' opacity=".4"' : ''}/>`;
          else if (piece.trim()) out += `<text x="${x}" y="${y}" fill="${fill}"${style.bold ? ' font-weight="bold"' : ''} textLength="${([...piece].length * width).toFixed(1)}">${escape(piece)}</text>`;
          column += [...piece].length;
        }
      }
    }
    return out;
  });
  const columns = Math.max(...lines.map(line => [...line.replace(/\u001b\[[0-9;]*m/g, '')].length));
  const [w, h] = [Math.ceil(left * 2 + columns * width), top + lines.length * height];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${w} ${h}" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" xml:space="preserve">
<rect width="${w}" height="${h}" rx="9" fill="#0d1117"/>
<circle cx="20" cy="18" r="5" fill="#ff5f56"/><circle cx="38" cy="18" r="5" fill="#ffbd2e"/><circle cx="56" cy="18" r="5" fill="#27c93f"/>
${rows.filter(Boolean).join('\n')}
</svg>
`;
}

Object.assign(process.env, { COLUMNS: '104', FORCE_COLOR: '1' });
const shown = run(program, 'show', traces, '--trace', '00000000000000000000000000000001');
fs.writeFileSync(path.join(here, 'terminal.svg'), terminal('floe-trace show traces.jsonl', shown));

// ---- the page, and the SVG as a browser draws it -------------------------------------------------------------------

run(program, 'view', traces, '--out', path.join(work, 'shop.html'));
const { chromium } = createRequire(path.join(root, 'target/browser/package.json'))('playwright-core');
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] });
const page = await browser.newPage({ viewport: { width: 1240, height: 640 }, colorScheme: 'light' });
await page.goto(pathToFileURL(path.join(work, 'shop.html')).href);
await page.waitForSelector('html[data-ready]');
await page.keyboard.press('e');
await page.waitForSelector('#panel h2');
await page.screenshot({ path: path.join(here, 'page.png') });
await page.setViewportSize({ width: 940, height: 480 });
await page.goto(pathToFileURL(path.join(here, 'terminal.svg')).href);
await page.screenshot({ path: path.join(work, 'terminal.png') });
await browser.close();
console.log(`docs/pictures: terminal.svg, page.png; as a browser draws the former: ${path.join(work, 'terminal.png')}`);
