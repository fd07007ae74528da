// The page's style. Colours are variables, so dark and light are one table each.
#include "report/page.h"

namespace shipper::report {

const char kPageStyle[] = R"css(
:root { --page:#f4f6f9; --dots:#dfe4ea; --card:#fff; --line:#d9dfe7; --ink:#18212c; --muted:#637083;
  --soft:#eef2f6; --edge:#9aa5b3; --weak:#b4bdc8; --focus:#2563eb; --up:#2563eb; --down:#d9480f;
  --on:#18212c; --mask:#a21caf; --table:#3f6fd8; --view:#2b9a5b; --matview:#0e98a6;
  --foreign:#c67a10; --partitioned:#7b52d3; --outside:#7c8896;
  --shadow:0 1px 2px rgba(20,30,45,.06), 0 4px 14px rgba(20,30,45,.07);
  --mono:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace; }
@media (prefers-color-scheme: dark) { :root:not([data-theme=light]) { color-scheme:dark;
  --page:#10151b; --dots:#1f2730; --card:#1a212a; --line:#2f3945; --ink:#e5eaf1; --muted:#94a1b2;
  --soft:#232c37; --edge:#5d6a7a; --weak:#4a5663; --focus:#7aa7ff; --up:#74a5ff; --down:#ff9a62;
  --on:#fff; --mask:#e879f9; --table:#6b95ee; --view:#4cc282; --matview:#37bfcc;
  --foreign:#e6a23c; --partitioned:#a183f0; --outside:#94a1b2;
  --shadow:0 1px 2px rgba(0,0,0,.35), 0 6px 18px rgba(0,0,0,.3); } }
:root[data-theme=dark] { color-scheme:dark;
  --page:#10151b; --dots:#1f2730; --card:#1a212a; --line:#2f3945; --ink:#e5eaf1; --muted:#94a1b2;
  --soft:#232c37; --edge:#5d6a7a; --weak:#4a5663; --focus:#7aa7ff; --up:#74a5ff; --down:#ff9a62;
  --on:#fff; --mask:#e879f9; --table:#6b95ee; --view:#4cc282; --matview:#37bfcc;
  --foreign:#e6a23c; --partitioned:#a183f0; --outside:#94a1b2;
  --shadow:0 1px 2px rgba(0,0,0,.35), 0 6px 18px rgba(0,0,0,.3); }
:root[data-theme=light] { color-scheme:light; }
* { box-sizing:border-box; }
html, body { height:100%; margin:0; }
body { display:flex; flex-direction:column; background:var(--page); color:var(--ink);
  font:14px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif; }
button, input { font:inherit; color:inherit; }
:focus-visible { outline:2px solid var(--focus); outline-offset:1px; }
.bar { display:flex; align-items:center; gap:20px; padding:9px 16px; background:var(--card);
  border-bottom:1px solid var(--line); flex-wrap:wrap; z-index:3; }
h1 { font-size:15px; font-weight:600; margin:0; }
h1 span { font-family:var(--mono); font-weight:700; }
.counts { margin:1px 0 0; color:var(--muted); font-size:12px; display:flex; gap:12px;
  flex-wrap:wrap; }
.counts b { color:var(--ink); font-weight:600; }
.search { position:relative; flex:1 1 260px; max-width:520px; margin:0 auto; }
.search input { width:100%; padding:7px 34px 7px 12px; border:1px solid var(--line);
  border-radius:8px; background:var(--page); }
.search kbd { position:absolute; right:9px; top:7px; padding:0 6px; border:1px solid var(--line);
  border-radius:4px; font:11px/18px var(--mono); color:var(--muted); background:var(--card); }
#results { position:absolute; left:0; right:0; top:calc(100% + 5px); margin:0; padding:5px;
  list-style:none; max-height:min(420px,70vh); overflow:auto; background:var(--card);
  border:1px solid var(--line); border-radius:10px; box-shadow:var(--shadow); }
#results[hidden] { display:none; }
#results li { display:flex; justify-content:space-between; gap:14px; padding:5px 9px;
  border-radius:6px; cursor:pointer; align-items:baseline; }
#results li[aria-selected=true], #results li[role]:hover { background:var(--soft); }
#results b { font:500 12.5px var(--mono); overflow-wrap:anywhere; }
#results small { color:var(--muted); text-align:right; overflow-wrap:anywhere; }
#results .none { color:var(--muted); cursor:default; }
.tools { display:flex; gap:8px; align-items:center; }
.tools button, .switch { padding:5px 11px; border:1px solid var(--line); border-radius:8px;
  background:var(--card); cursor:pointer; font-size:13px; white-space:nowrap; }
.tools button:hover, .switch:hover { background:var(--soft); }
.switch { display:flex; gap:6px; align-items:center; }
.switch input { margin:0; accent-color:var(--focus); }
.group { display:inline-flex; }
.group button { border-radius:0; margin-left:-1px; }
.group button:first-child { border-radius:8px 0 0 8px; }
.group button:last-child { border-radius:0 8px 8px 0; }
main { flex:1; min-height:0; display:grid; grid-template-columns:minmax(0,1fr) 360px; }
.stage { display:flex; flex-direction:column; min-width:0; min-height:0; }
.canvas { position:relative; overflow:hidden; flex:1; min-height:0;
  background:radial-gradient(var(--dots) 1px,transparent 1.3px) 0 0/22px 22px; }
#graph { width:100%; height:100%; display:block; cursor:grab; touch-action:none; user-select:none; }
#graph.dragging { cursor:grabbing; }
.note { position:absolute; left:14px; bottom:14px; max-width:min(460px,80%); margin:0;
  padding:8px 12px; background:var(--card); border:1px solid var(--line); border-radius:10px;
  border-left:4px solid var(--foreign); box-shadow:var(--shadow); font-size:12px; }
.legend { list-style:none; margin:0; padding:7px 16px; display:flex; flex-wrap:wrap; gap:2px 15px;
  background:var(--card); border-top:1px solid var(--line); font-size:12px; color:var(--muted); }
.legend li { display:flex; gap:7px; align-items:center; white-space:nowrap; }
.swatch { width:12px; height:12px; border-radius:3px; background:var(--accent); flex:none; }
.stroke { width:22px; border-top:2px solid var(--edge); flex:none; }
.stroke.dashed { border-top-style:dashed; }
.stroke.up { border-color:var(--up); } .stroke.down { border-color:var(--down); }
.kind-r { --accent:var(--table); } .kind-v { --accent:var(--view); }
.kind-m { --accent:var(--matview); } .kind-f { --accent:var(--foreign); }
.kind-p { --accent:var(--partitioned); } .kind-u { --accent:var(--outside); }
.node .body { fill:var(--card); stroke:var(--line); stroke-width:1; }
.node .stripe { fill:var(--accent); }
.node .touch { fill:transparent; cursor:pointer; }
.node .head { outline:none; }
.node .head:focus-visible .touch { stroke:var(--focus); stroke-width:2.5; }
.node text { fill:var(--ink); pointer-events:none; }
.node .schema { font:11px var(--mono); fill:var(--muted); }
.node .kind { font:600 9.5px system-ui,sans-serif; fill:var(--accent); letter-spacing:.03em; }
.node .name { font:600 13px var(--mono); }
.node:hover .body { stroke:var(--accent); }
.expander { cursor:pointer; }
.expander rect { fill:var(--soft); }
.expander:hover rect { fill:var(--line); }
.expander text { font:10.5px system-ui,sans-serif; fill:var(--muted); }
.column { cursor:pointer; outline:none; }
.column rect { fill:transparent; }
.column text { font:11px var(--mono); }
.column:hover rect { fill:var(--soft); }
.column:focus-visible rect { stroke:var(--focus); stroke-width:2; }
.edge { cursor:pointer; }
.edge path { fill:none; }
.edge .hit { stroke:transparent; stroke-width:11; }
.edge .line, .edge .pair { stroke:var(--edge); stroke-width:1.5; marker-end:url(#arrow); }
.edge.weak .line, .edge .pair.weak { stroke:var(--weak); stroke-dasharray:5 4; }
.edge .pair { stroke-width:1.1; }
.edge.open .line { stroke:none; marker-end:none; }
.edge:hover .line, .edge:hover .pair { stroke-width:2.4; }
.edge.open:hover .line { stroke:none; }
.label { cursor:pointer; }
.label rect { fill:var(--card); stroke:var(--line); stroke-width:.8; }
.label text { font:10px var(--mono); fill:var(--ink); opacity:.8; }
.label:hover text { opacity:1; }
.on-demand .label { visibility:hidden; }
.on-demand .label.up, .on-demand .label.down, .on-demand .label.on,
.on-demand .label.near { visibility:visible; }
.off { display:none; }
.arrow { fill:var(--edge); } .arrow-up { fill:var(--up); }
.arrow-down { fill:var(--down); } .arrow-on { fill:var(--on); }
.selecting .node:not(.up):not(.down):not(.on), .selecting .label:not(.up):not(.down):not(.on),
.selecting .edge:not(.up):not(.down):not(.on) { opacity:.26; }
.tracing .edge .pair:not(.up):not(.down), .tracing .edge:not(.open) .pair { opacity:.1; }
.tracing .column:not(.up):not(.down):not(.on) text { fill:var(--muted); opacity:.6; }
.edge.up .line, .edge .pair.up, .selecting:not(.tracing) .edge.up .pair {
  stroke:var(--up); marker-end:url(#arrow-up); }
.edge.down .line, .edge .pair.down, .selecting:not(.tracing) .edge.down .pair {
  stroke:var(--down); marker-end:url(#arrow-down); }
.edge.on .line, .edge.on .pair { stroke:var(--on); stroke-width:2; marker-end:url(#arrow-on); }
.edge.up .line, .edge.down .line, .edge .pair.up, .edge .pair.down { stroke-width:2; }
.edge.open.up .line, .edge.open.down .line, .edge.open.on .line { stroke:none; marker-end:none; }
.node.up .body { stroke:var(--up); stroke-width:1.8; }
.node.down .body { stroke:var(--down); stroke-width:1.8; }
.node.on .body { stroke:var(--on); stroke-width:2.4; }
.column.up rect { fill:color-mix(in srgb,var(--up) 16%,transparent); }
.column.down rect { fill:color-mix(in srgb,var(--down) 16%,transparent); }
.column.on rect { fill:var(--on); } .column.on text { fill:var(--card); }
.label.up text { fill:var(--up); } .label.down text { fill:var(--down); }
.label.on text { fill:var(--on); font-weight:600; }
aside { background:var(--card); border-left:1px solid var(--line); overflow:auto; padding:16px 18px;
  position:relative; }
aside h2 { font:600 17px/1.3 var(--mono); margin:0 0 6px; overflow-wrap:anywhere;
  padding-right:26px; }
aside h3 { font-size:11px; text-transform:uppercase; letter-spacing:.06em; color:var(--muted);
  margin:20px 0 5px; font-weight:600; }
.eyebrow { margin:0 0 2px; color:var(--muted); font-size:12px; padding-right:26px; }
.muted, .hint { color:var(--muted); margin:4px 0; }
.hint { margin-top:20px; font-size:12.5px; border-top:1px solid var(--line); padding-top:12px; }
.close { position:absolute; right:12px; top:10px; border:0; background:none; font-size:21px;
  line-height:1; padding:3px 8px; border-radius:6px; cursor:pointer; color:var(--muted); }
.close:hover { background:var(--soft); }
.reach { display:flex; gap:8px; margin:8px 0 0; font-size:12.5px; flex-wrap:wrap; }
.reach span { padding:2px 9px; border-radius:20px; border:1px solid currentColor; }
.reach .up { color:var(--up); } .reach .down { color:var(--down); }
.list, .plain { list-style:none; margin:0 -8px; padding:0; }
.plain { margin:0; font:12.5px/1.6 var(--mono); overflow-wrap:anywhere; }
.row { width:100%; text-align:left; border:0; background:none; padding:5px 8px; border-radius:7px;
  cursor:pointer; display:block; }
.row:hover { background:var(--soft); }
.row b { font:500 12.5px var(--mono); overflow-wrap:anywhere; display:block; }
.row small { color:var(--muted); overflow-wrap:anywhere; display:block; }
.row.weak b::after { content:" (indirect)"; color:var(--muted); font-weight:400; }
.link { border:0; background:none; padding:0; cursor:pointer; text-align:left;
  font-family:var(--mono); font-weight:inherit; overflow-wrap:anywhere;
  text-decoration:underline; text-underline-offset:3px; text-decoration-color:var(--line); }
.link:hover { text-decoration-color:currentColor; }
.ends { line-height:1.55; }
.fact { border:1px solid var(--line); border-radius:10px; padding:10px 12px; margin:12px 0; }
.fact h4 { margin:0 0 6px; font-size:13px; }
.routine { font:600 12.5px var(--mono); overflow-wrap:anywhere; }
dl { display:grid; grid-template-columns:auto 1fr; gap:1px 12px; margin:0; font-size:12.5px; }
dt { color:var(--muted); } dd { margin:0; overflow-wrap:anywhere; }
.pairs { border-collapse:collapse; margin-top:8px; width:100%; font:12px var(--mono); }
.pairs td { padding:3px 6px 3px 0; border-top:1px solid var(--line); vertical-align:baseline;
  overflow-wrap:anywhere; }
.pairs .to { color:var(--muted); }
.tag { font:600 9.5px system-ui,sans-serif; padding:1px 6px; border-radius:9px; margin-right:3px;
  background:color-mix(in srgb,var(--view) 18%,transparent); white-space:nowrap; }
.tag.weak { background:var(--soft); color:var(--muted); }
.tag.masked { background:color-mix(in srgb,var(--mask) 20%,transparent); color:var(--mask); }
details summary { cursor:pointer; }
.fact details { margin-top:7px; font-size:12.5px; color:var(--muted); }
pre { font:11.5px/1.5 var(--mono); background:var(--soft); color:var(--ink); padding:9px 11px;
  border-radius:8px; overflow:auto; white-space:pre-wrap; overflow-wrap:anywhere;
  max-height:300px; }
.empty { max-width:520px; margin:14vh auto 0; padding:0 24px; text-align:center;
  color:var(--muted); }
.empty h2 { color:var(--ink); }
code { font:12.5px var(--mono); background:var(--soft); padding:1px 5px; border-radius:5px; }
.live { position:absolute; width:1px; height:1px; overflow:hidden; clip-path:inset(50%); margin:0; }
@media (max-width: 860px) { main { grid-template-columns:1fr; grid-template-rows:1fr 38vh; }
  aside { border-left:0; border-top:1px solid var(--line); } }
@media print { .tools, .search, .note { display:none; } main { display:block; } }
)css";

}  // namespace shipper::report
