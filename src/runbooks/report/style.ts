/** The look of the page: light or dark as the reader's system is, and light on paper. It loads nothing. */
const LIGHT = `color-scheme:light;--paper:#fff;--card:#f7f8fa;--ink:#16191f;--soft:#5a6372;--line:#d9dde4;--code:#f0f2f5;
--good:#116b34;--good-bg:#def3e5;--bad:#a81818;--bad-bg:#fde4e2;--warn:#7a4d00;--warn-bg:#fdeecb;--plain-bg:#e8ebf0;
--s0:#2563c9;--s1:#c26a00;--s2:#b3261e`;
const DARK = `color-scheme:dark;--paper:#14171c;--card:#1b1f26;--ink:#e7eaf0;--soft:#9ba5b5;--line:#323945;--code:#20252d;
--good:#7fdca0;--good-bg:#15392a;--bad:#ff9d94;--bad-bg:#4a1d1b;--warn:#f2c266;--warn-bg:#3f2f10;--plain-bg:#2b323d;
--s0:#7aa7f7;--s1:#f0a04b;--s2:#ff8a80`;

export const STYLE = `:root{${LIGHT}}
@media (prefers-color-scheme:dark){:root{${DARK}}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
main{max-width:1080px;margin:0 auto;padding:32px 24px 64px}
h1,h2,h3,h4{line-height:1.25;margin:0;overflow-wrap:anywhere}
h1{font-size:28px}h2{font-size:20px;margin-top:40px;padding-bottom:6px;border-bottom:2px solid var(--line)}
h3{font-size:16px;margin-top:28px}h4{font-size:15px;margin-top:20px}
p,ul{margin:10px 0;overflow-wrap:anywhere}ul{padding-left:22px}
.kind{margin:0 0 4px;color:var(--soft);font-size:13px;letter-spacing:.06em;text-transform:uppercase}
.summary{font-size:16px;margin:10px 0 20px}
.badge{display:inline-block;padding:1px 9px;border-radius:9px;font-size:.82em;font-weight:600;background:var(--plain-bg);overflow-wrap:anywhere}
h1 .badge,h2 .badge,h3 .badge,h4 .badge{font-size:13px;vertical-align:middle;margin-left:8px}
.good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}
.badge.good{background:var(--good-bg)}.badge.bad{background:var(--bad-bg)}.badge.warn{background:var(--warn-bg)}
p.bad,p.warn{font-weight:600}
dl{display:grid;grid-template-columns:max-content 1fr;gap:3px 18px;margin:12px 0}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
header dl{padding:14px 18px;background:var(--card);border:1px solid var(--line);border-radius:8px}
.wide{overflow-x:auto;margin:12px 0}
table{border-collapse:collapse;width:100%;font-size:14px;font-variant-numeric:tabular-nums}
th,td{padding:5px 10px 5px 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
td.short{overflow-wrap:normal}td.tiny,td .badge{white-space:nowrap}td:last-child .badge{white-space:normal}
th{color:var(--soft);font-weight:600;white-space:nowrap}
td,dd,li,h1,h2,h3,h4,p{unicode-bidi:isolate}
pre{margin:6px 0 12px;padding:10px 12px;background:var(--code);border-radius:6px;white-space:pre-wrap;overflow-wrap:anywhere;font:13px/1.45 ui-monospace,"DejaVu Sans Mono",monospace}
.label{margin:10px 0 0;color:var(--soft);font-size:13px}
figure{margin:14px 0;padding:14px 16px 10px;background:var(--card);border:1px solid var(--line);border-radius:8px;break-inside:avoid}
figcaption{font-weight:600}
figcaption span{display:block;font-weight:400;color:var(--soft);font-size:13px}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(440px,100%),1fr));gap:14px;align-items:start;margin:14px 0}
.charts figure{margin:0}
svg{display:block;width:100%;height:auto;margin-top:8px;font:12px system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;fill:var(--soft)}
.value{fill:var(--ink)}
.grid{stroke:var(--line)}.axis{stroke:var(--soft)}
.line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.line.s0{stroke:var(--s0)}.line.s1{stroke:var(--s1);stroke-dasharray:7 4}.line.s2{stroke:var(--s2);stroke-dasharray:2 4}
.bar.s0{fill:var(--s0)}.bar.s1{fill:var(--s1)}.bar.s2{fill:var(--s2)}
.legend{list-style:none;margin:8px 0 0;padding:0;display:flex;flex-wrap:wrap;gap:2px 20px;font-size:13px;color:var(--soft)}
.legend i{display:inline-block;width:22px;height:0;margin-right:6px;vertical-align:middle;border-top:3px solid}
.legend i.s0{border-color:var(--s0)}.legend i.s1{border-color:var(--s1);border-top-style:dashed}.legend i.s2{border-color:var(--s2);border-top-style:dotted}
.legend.of-bars i{border-top-style:solid;border-top-width:10px;width:12px}
@media screen and (max-width:720px){main{padding:20px 16px 48px}h1{font-size:24px}
.wide,table,tbody,tr{display:block}thead{display:none}tr{padding:8px 0;border-bottom:1px solid var(--line)}
td .badge{white-space:normal}td{display:grid;grid-template-columns:minmax(5em,26%) 1fr;gap:0 12px;padding:2px 0;border:0;justify-items:start}
td::before{content:attr(data-title);color:var(--soft)}td:empty{display:none}
dl{gap:3px 12px}header dl{padding:12px}figure{padding:12px 10px 8px}}
@media screen and (min-width:960px){td.short{white-space:nowrap}}
@media (min-width:820px){header dl{grid-template-columns:max-content 1fr max-content 1fr}}
footer{margin-top:48px;color:var(--soft);font-size:13px}
@page{margin:16mm 14mm}
@media print{:root{${LIGHT}}.charts{grid-template-columns:1fr 1fr}
body{font-size:10.5pt}main{max-width:none;padding:0}table{font-size:9.5pt}
.badge,figure,header dl,pre,.bar,.legend i{print-color-adjust:exact;-webkit-print-color-adjust:exact}
h2,h3,h4,.label{break-after:avoid}tr,dl{break-inside:avoid}thead{display:table-header-group}.wide{overflow:visible}}`;
