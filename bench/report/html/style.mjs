// How the report looks, by day and by night.

export const style = `
:root {
  color-scheme: light dark;
  --paper: #fbfbf9; --card: #ffffff; --ink: #1c2024; --soft: #60646c; --line: #e4e4de; --grid: #ededea;
  --ours: #0b6bcb; --kernel: #3f4550; --bare: #9aa0a8; --peer: #b4561a;
  --good: #1a7f4b; --fair: #8a6100; --poor: #c0362c;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #121416; --card: #191c1f; --ink: #e8eaed; --soft: #9aa2ab; --line: #2c3136; --grid: #262a2f;
    --ours: #58a6ff; --kernel: #c8ced6; --bare: #767e88; --peer: #f0975a;
    --good: #4cc38a; --fair: #e2b340; --poor: #ff7b72;
  }
}
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.55 system-ui, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif; font-variant-numeric: tabular-nums }
main { max-width: 1120px; margin: 0 auto; padding: 48px 24px 96px }
h1 { font-size: 30px; line-height: 1.2; margin: 0 0 6px; letter-spacing: -.02em; font-weight: 650 }
h2 { font-size: 19px; margin: 56px 0 2px; letter-spacing: -.01em; font-weight: 650 }
h2 a { color: inherit; text-decoration: none }
p { margin: 0 0 14px }
.lead, .about, figcaption, dt { color: var(--soft) }
.lead { font-size: 16px; margin-bottom: 28px }
code { font: 13px/1.5 ui-monospace, "SF Mono", "DejaVu Sans Mono", monospace; overflow-wrap: anywhere }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(230px, 1fr)); gap: 14px 28px; margin: 0; padding: 20px 24px; background: var(--card); border: 1px solid var(--line); border-radius: 10px }
dl .wide { grid-column: 1 / -1 }
dt { font-size: 12.5px }
dd { margin: 0 }
figure { margin: 14px 0 0; padding: 18px 20px 12px; background: var(--card); border: 1px solid var(--line); border-radius: 10px; overflow-x: auto }
svg { display: block; width: 100%; min-width: 760px; height: auto; font-size: 13px; font-family: inherit }
svg + svg { margin-top: 18px }
.scroll { overflow-x: auto }
table { border-collapse: collapse; width: 100%; margin-top: 12px; font-size: 14px }
th { font-weight: 500; font-size: 12.5px; color: var(--soft); text-align: right; vertical-align: bottom; border-bottom: 1px solid var(--line); padding: 6px 0 6px 14px }
td { text-align: right; padding: 5px 0 5px 14px; border-bottom: 1px solid var(--line); white-space: nowrap }
th:first-child, td:first-child { text-align: left; padding-left: 0 }
tr:last-child td { border-bottom: 0 }
td small { color: var(--soft); font-size: 11.5px }
.targets td.text, .targets th.text { text-align: left; white-space: normal }
td.absent { text-align: left; color: var(--soft); white-space: normal; overflow-wrap: anywhere; font-size: 13px }
.note { color: var(--soft); font-size: 14px; margin-top: 10px }
details { margin-top: 10px; font-size: 14px }
summary { cursor: pointer; color: var(--soft) }
details ul { margin: 8px 0 0; padding-left: 20px }
nav { columns: 3 240px; column-gap: 28px; margin: 28px 0 0; font-size: 14px }
nav a { display: block; color: var(--ours); text-decoration: none; padding: 1px 0 }
td a { color: var(--ours); text-decoration: none }
nav a:hover, h2 a:hover, td a:hover { text-decoration: underline }
.legend { display: flex; flex-wrap: wrap; gap: 6px 24px; margin: 28px 0 0; font-size: 13.5px; color: var(--soft); align-items: center }
.legend svg { display: inline-block; width: 30px; min-width: 0; height: 14px; margin: 0 7px 0 0; vertical-align: -2px }
.good { color: var(--good) } .fair { color: var(--fair) } .poor { color: var(--poor) }
.grid { stroke: var(--grid); stroke-width: 1 }
.tick { fill: var(--soft); font-size: 11.5px; text-anchor: middle }
.tick.end { text-anchor: end }
.heading { fill: var(--soft); font-size: 12.5px }
.label { text-anchor: end; fill: var(--ink) }
.label.bare { fill: var(--soft) }
.value { fill: var(--ink); font-size: 12.5px }
.value.missed { fill: var(--poor) }
.reference { stroke: var(--kernel); stroke-width: 1.25; stroke-dasharray: 3 3; opacity: .75 }
.floor { stroke: var(--fair); stroke-width: 2.5; fill: none }
.goal { fill: none; stroke: var(--good); stroke-width: 1.75 }
.ours { --tone: var(--ours) } .kernel { --tone: var(--kernel) } .bare { --tone: var(--bare) } .peer { --tone: var(--peer) }
.range { fill: var(--tone); opacity: .28 }
.median { fill: var(--tone) }
.line { fill: none; stroke: var(--tone); stroke-width: 2; stroke-linejoin: round }
.band { fill: var(--tone); opacity: .14 }
.series { fill: var(--tone); font-size: 13px }
@media print { main { padding: 0 } figure, dl { break-inside: avoid } }
`;
