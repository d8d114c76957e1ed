/** The looks of a comparison's page, beside those of all reports. */
export const COMPARE_STYLE = `
main { max-width: 1360px; }
.app { --own: var(--app); } .monitor { --own: var(--platform); } .host { --own: var(--file); }
.facts { margin: 16px 0 0; padding: 0; list-style: none; color: var(--soft); font-size: 14px; display: grid; gap: 3px; }
.stacks { display: grid; grid-template-columns: repeat(var(--kinds), minmax(0, 1fr)); gap: 0 16px; align-items: end; }
.kind { display: flex; flex-direction: column; min-width: 0; }
.kind h3 { color: var(--ink); font-size: 16px; letter-spacing: -.01em; margin-bottom: 10px; }
.kind h3 small { display: block; font-size: 12px; font-weight: 500; letter-spacing: 0; color: var(--soft); }
.box { background: var(--sheet); border: 1px solid var(--line); border-top: 4px solid var(--own); border-radius: 10px; padding: 11px 13px 13px;
  display: flex; gap: 10px; justify-content: space-between; align-items: flex-end; }
.box .says { min-width: 0; } .box .who { font-weight: 650; line-height: 1.25; letter-spacing: -.005em; }
.box .size { font-size: 19px; font-weight: 650; letter-spacing: -.02em; line-height: 1.35; font-variant-numeric: tabular-nums; }
.box .mode, .box .holds { font-size: 12.5px; color: var(--soft); line-height: 1.4; } .box .holds { margin-top: 3px; }
.unmeasured .box { background: none; border-style: dashed; border-top-style: solid; } .unmeasured .size, .box .size:empty { display: none; }
.area { display: block; flex: none; background: var(--own); border-radius: 3px; } .area.unknown { width: 20px; height: 20px; background: none; border: 1.5px dashed var(--soft); }
.ways { display: flex; gap: 9px; align-items: center; padding: 5px 4px 5px 12px; font-size: 13.5px; line-height: 1.3; }
.ways svg { width: 14px; height: 40px; flex: none; } .ways path { fill: none; stroke: var(--soft); stroke-width: 1.5; stroke-linecap: round; stroke-linejoin: round; }
.ways b { font-weight: 650; } .ways small { display: block; color: var(--soft); font-size: 12.5px; } .ways p + p, .ways details + p, .ways p + details { margin-top: 5px; }
.ways summary { cursor: pointer; list-style: none; } .ways summary::-webkit-details-marker { display: none; }
.ways summary b { text-decoration: underline dotted var(--soft); text-underline-offset: 3px; }
.ways .names { color: var(--soft); font-size: 12px; margin-top: 5px; overflow-wrap: anywhere; }
.ground { grid-column: 1 / -1; } .ground .box { border-radius: 12px; padding: 14px 18px 16px; align-items: center; }
.ground .says { display: grid; grid-template-columns: max-content max-content 1fr; gap: 2px 20px; align-items: baseline; }
.ground .holds { margin: 0; grid-column: 1 / -1; }
.own-ground { display: none; }
.scale { margin-top: 14px; color: var(--soft); font-size: 13px; max-width: 96ch; }
.measures { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 16px; }
.measures .card { display: flex; flex-direction: column; } .measures h3 { margin-bottom: 8px; }
.measures .card > .note { margin: 12px 0 0; font-size: 12.5px; line-height: 1.45; }
.measures dl { display: grid; grid-template-columns: minmax(0, 1fr); gap: 7px; }
.measures .row { display: grid; grid-template-columns: 112px minmax(0, 1fr); gap: 10px; align-items: center; }
.measures dt small { display: block; font-weight: 400; font-size: 12px; line-height: 1.2; }
.measures dt { font-weight: 500; font-size: 13px; color: var(--soft); } .measures .ours dt { color: var(--ink); font-weight: 600; }
.measures dd { display: flex; align-items: center; gap: 9px; color: var(--ink); }
.track { flex: 1; height: 12px; min-width: 20px; } .track i { display: block; height: 100%; min-width: 2px; border-radius: 3px; background: var(--file); }
.ours .track i { background: var(--kernel); } .unknown .track i { display: none; }
.value { flex: none; width: 84px; text-align: right; font-weight: 600; font-size: 13.5px; font-variant-numeric: tabular-nums; white-space: nowrap; }
.unknown .value { font-weight: 400; color: var(--soft); }
.topics { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 16px; }
.topics dl { grid-template-columns: minmax(0, 1fr); gap: 0; } .topics dt { margin-top: 10px; font-size: 13.5px; } .topics dd { color: var(--ink); font-size: 14px; line-height: 1.45; }
.topics dd small { display: block; color: var(--soft); font-size: 12px; margin-top: 1px; }
.plain { margin: 0; padding: 0; list-style: none; display: grid; gap: 9px; max-width: 110ch; } .plain b { font-weight: 650; } .plain li { color: var(--soft); font-size: 14px; overflow-wrap: anywhere; } .plain b { color: var(--ink); }
@media (max-width: 1199px) { .box { flex-direction: column; align-items: flex-start; } }
@media (max-width: 960px) {
  .stacks { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 30px 20px; align-items: start; }
  .box { flex-direction: row; align-items: flex-end; } .ground { display: none; } .own-ground { display: block; }
  .measures { grid-template-columns: repeat(2, minmax(0, 1fr)); }
}
@media (max-width: 620px) {
  .stacks, .measures, .topics { grid-template-columns: minmax(0, 1fr); }
  .measures .row { grid-template-columns: 104px minmax(0, 1fr); } .value { width: 76px; }
}
`;
