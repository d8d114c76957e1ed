/** The page's looks: one sheet, light and dark, from a phone to a wide screen. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #f6f7f4; --sheet: #ffffff; --ink: #17212b; --soft: #5a6672; --line: #dde2e0; --faint: #eef1ee;
  --keel: #b3342f; --platform: #9a5c0b; --kernel: #12766a; --engine: #2c68ae; --app: #6a48bf; --routines: #5c6829;
  --file: #5f6b78; --files: #a03a78; --padding: #b9c1c4; --good: #12766a; --shade: #0b1a24;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0d1419; --sheet: #141d24; --ink: #e6ecef; --soft: #98a5af; --line: #26323b; --faint: #1a252d;
    --keel: #c4463f; --platform: #a36516; --kernel: #19806f; --engine: #3a78be; --app: #7b5bd0; --routines: #6c7a34;
    --file: #5b6874; --files: #ad4a86; --padding: #3b4852; --good: #4cc3ab; --shade: #05090c;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--page); color: var(--ink); line-height: 1.5;
  font: 400 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "DejaVu Sans", sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 40px 24px 64px; }
code, .mono { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .87em; }
h1 { font-size: clamp(30px, 6vw, 46px); line-height: 1.05; letter-spacing: -.025em; margin: 14px 0 8px; overflow-wrap: anywhere; }
h2 { font-size: 21px; letter-spacing: -.012em; line-height: 1.25; margin: 0 0 4px; }
h3 { font-size: 13px; letter-spacing: .01em; margin: 0; color: var(--soft); font-weight: 600; }
p { margin: 0; }
.lead, .note { color: var(--soft); max-width: 84ch; text-wrap: pretty; }
.brand { display: flex; align-items: center; gap: 9px; font-weight: 600; font-size: 13px; letter-spacing: .02em; color: var(--soft); }
.brand svg { width: 26px; height: 18px; flex: none; }
.brand .rock { fill: var(--ink); } .brand .sea { fill: none; stroke: var(--engine); stroke-width: 1.6; stroke-linecap: round; }
.hash { margin-top: 10px; color: var(--soft); overflow-wrap: anywhere; }
.figures { display: grid; grid-template-columns: repeat(6, 1fr); gap: 1px; margin: 28px 0 0; padding: 0; background: var(--line);
  border: 1px solid var(--line); border-radius: 12px; overflow: hidden; }
.figures div { background: var(--sheet); padding: 14px 16px 13px; display: flex; flex-direction: column-reverse; justify-content: flex-end; }
.figures dt { color: var(--soft); font-size: 13px; line-height: 1.35; }
.figures dd { margin: 0 0 2px; font-size: 23px; font-weight: 650; letter-spacing: -.02em; line-height: 1.2; font-variant-numeric: tabular-nums; white-space: nowrap; }
section { margin-top: 52px; }
section > .note { margin-bottom: 18px; }
.drawing { display: block; width: 100%; height: auto; }
.drawing.medium, .drawing.narrow { display: none; }
.drawing text { font-size: 13px; fill: #fff; font-weight: 600; }
.drawing text.size { font-weight: 400; fill: #fff; }
.keel { --own: var(--keel); } .platform { --own: var(--platform); } .kernel { --own: var(--kernel); }
.engine { --own: var(--engine); } .app { --own: var(--app); } .file { --own: var(--file); } .files { --own: var(--files); }
.routines, .thunks { --own: var(--routines); } .padding { --own: var(--padding); }
.drawing rect { fill: var(--own); }
.drawing .memory rect { fill: color-mix(in oklab, var(--own) 82%, var(--shade)); }
.drawing .constants rect, .drawing .tables rect, .drawing .calls rect, .drawing .filter rect { fill: color-mix(in oklab, var(--own) 68%, var(--shade)); }
.drawing .shade1 rect { fill: color-mix(in oklab, var(--own) 90%, var(--shade)); }
.drawing .shade2 rect { fill: color-mix(in oklab, var(--own) 80%, var(--shade)); }
.drawing .shade3 rect { fill: color-mix(in oklab, var(--own) 70%, var(--shade)); }
.caption { margin: 26px 0 10px; font-weight: 600; } .caption::first-letter { text-transform: uppercase; }
.caption small { color: var(--soft); font-weight: 400; font-size: 13px; margin-left: 10px; }
.legend { display: flex; flex-wrap: wrap; gap: 6px 18px; margin: 14px 0 0; padding: 0; list-style: none; color: var(--soft); font-size: 13px; }
.legend li { display: flex; align-items: center; gap: 7px; }
.legend i, .dot { width: 10px; height: 10px; border-radius: 3px; background: var(--own); display: inline-block; flex: none; }
.stack { display: grid; gap: 0; }
.layer { background: var(--sheet); border: 1px solid var(--line); border-radius: 12px; padding: 18px 20px 20px; position: relative;
  display: grid; grid-template-columns: minmax(210px, 1fr) 3fr; gap: 14px 30px; }
.layer::before { content: ""; position: absolute; inset: -1px auto -1px -1px; width: 5px; border-radius: 12px 0 0 12px; background: var(--own); }
.layer.many { box-shadow: 5px 5px 0 -1px var(--sheet), 5px 5px 0 0 var(--line), 10px 10px 0 -1px var(--sheet), 10px 10px 0 0 var(--line); margin: 0 10px 10px 0; }
.layer.outside { background: none; border-style: dashed; --own: transparent; }
.layer .who { font-size: 18px; font-weight: 650; letter-spacing: -.01em; line-height: 1.3; }
.layer .who small { font-weight: 500; font-size: 13px; letter-spacing: 0; color: var(--soft); margin-left: 8px; white-space: nowrap; }
.layer .sizes { color: var(--soft); font-size: 13px; margin-top: 4px; }
.grants { display: grid; grid-template-columns: max-content 1fr; gap: 5px 16px; margin: 0; align-content: start; }
.grants dt { font-weight: 600; font-size: 13px; line-height: 1.6; }
.grants dd { margin: 0; color: var(--soft); line-height: 1.6; overflow-wrap: anywhere; min-width: 0; }
.way { display: flex; align-items: center; gap: 12px; padding: 4px 0 4px 28px; color: var(--soft); font-size: 13px; }
.way svg { width: 14px; height: 40px; flex: none; } .way path { fill: none; stroke: var(--soft); stroke-width: 1.5; stroke-linecap: round; stroke-linejoin: round; }
.way b { color: var(--ink); font-weight: 650; }
.chips { display: flex; flex-wrap: wrap; gap: 8px; margin: 10px 0 20px; padding: 0; list-style: none; }
.chips li { border: 1px solid var(--line); background: var(--sheet); border-radius: 9px; padding: 6px 12px 7px; font-size: 13px; color: var(--soft); line-height: 1.4; }
.chips b { color: var(--ink); display: block; font-size: 14px; } .chips .absent { background: none; border-style: dashed; }
.chips .absent b { color: var(--soft); font-weight: 500; text-decoration: line-through; text-decoration-thickness: 1px; }
.windows { display: grid; gap: 14px; margin: 0; }
.window { display: grid; grid-template-columns: 150px 1fr; gap: 4px 20px; align-items: start; }
.window .title { font-weight: 600; line-height: 1.25; padding-top: 2px; } .window .title small { display: block; font-weight: 400; color: var(--soft); font-size: 13px; }
.bar { display: flex; gap: 2px; height: 26px; }
.bar span { min-width: 5px; border-radius: 3px; background: var(--kind); }
.read { --kind: var(--engine); } .write { --kind: var(--kernel); } .execute { --kind: var(--platform); } .none { --kind: var(--faint); }
.bar .none { background: repeating-linear-gradient(135deg, var(--line) 0 1.5px, var(--faint) 1.5px 7px); }
.ranges { display: flex; flex-wrap: wrap; gap: 1px 16px; margin: 5px 0 0; padding: 0; list-style: none; font-size: 13px; color: var(--soft); }
.ranges li { display: flex; align-items: baseline; gap: 6px; } .ranges i { width: 8px; height: 8px; border-radius: 2px; background: var(--kind); flex: none; }
.ranges i.none { background: repeating-linear-gradient(135deg, var(--soft) 0 1px, transparent 1px 3px); }
.ranges b { font-weight: 600; color: var(--ink); font-variant-numeric: tabular-nums; }
.legend .read, .legend .write, .legend .execute { --own: var(--kind); }
.legend i.none { background: repeating-linear-gradient(135deg, var(--soft) 0 1px, transparent 1px 3.5px); }
.cards { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 16px; }
.card { background: var(--sheet); border: 1px solid var(--line); border-radius: 12px; padding: 18px 20px 20px; min-width: 0; }
.card.whole { grid-column: 1 / -1; }
.card h3 { color: var(--ink); font-size: 15px; margin-bottom: 2px; } .card > .note { font-size: 13px; margin-bottom: 12px; }
.card dl { margin: 0; display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 4px 16px; font-size: 14px; }
.card dt { font-weight: 600; } .card dd { margin: 0; color: var(--soft); overflow-wrap: anywhere; }
.card ul { margin: 0; padding: 0; list-style: none; font-size: 14px; }
.card li + li { margin-top: 3px; } .card li small { color: var(--soft); font-size: 13px; }
.columns { columns: 3 200px; column-gap: 28px; } .columns li { break-inside: avoid; }
.good { color: var(--good); font-weight: 650; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 12px; background: var(--sheet); }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th { text-align: left; font-weight: 600; font-size: 13px; color: var(--soft); white-space: nowrap; }
th, td { padding: 8px 16px; border-bottom: 1px solid var(--line); vertical-align: baseline; } tr:last-child > * { border-bottom: 0; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.part { white-space: nowrap; } td .dot { margin-right: 9px; } td.hash { margin: 0; }
tr.total td { font-weight: 650; background: var(--faint); }
.strip { display: flex; gap: 1px; height: 34px; margin: 0 0 16px; border-radius: 6px; overflow: hidden; }
.strip span { background: var(--own); min-width: 2px; }
footer { margin-top: 56px; padding-top: 18px; border-top: 1px solid var(--line); color: var(--soft); font-size: 13px; }
footer p + p { margin-top: 6px; }
@media (max-width: 960px) {
  .drawing.wide { display: none; } .drawing.medium { display: block; }
  .figures { grid-template-columns: repeat(3, 1fr); }
  .layer { grid-template-columns: 1fr; }
}
@media (max-width: 620px) {
  main { padding: 26px 24px 48px; }
  .drawing.medium { display: none; } .drawing.narrow { display: block; }
  .figures { grid-template-columns: repeat(2, 1fr); } section { margin-top: 44px; }
  .cards { grid-template-columns: minmax(0, 1fr); } .window { grid-template-columns: 1fr; }
  .window .title small { display: inline; margin-left: 8px; }
  .grants { grid-template-columns: minmax(0, 1fr); gap: 0; } .grants dd + dt { margin-top: 8px; }
  .layer, .card { padding: 16px 16px 18px; }
  th, td { padding: 8px 12px; }
  .card dl { grid-template-columns: minmax(0, 1fr); gap: 0; } .card dd + dt { margin-top: 7px; }
}
@media print { body { background: none; } section { break-inside: avoid; } }
`;
