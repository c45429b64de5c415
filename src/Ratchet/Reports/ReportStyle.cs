namespace Ratchet.Reports;

/// <summary>The look of all report pages: one style sheet, themed by variables for light, dark and print.</summary>
internal static class ReportStyle
{
    /// <summary>Holds neither "&lt;" nor "&amp;", so that it can stand in a page that is also read as XML.</summary>
    public const string Css = """
        :root{color-scheme:light dark;--bg:#fbfaf8;--card:#fff;--ink:#1d2228;--soft:#57606a;--rule:#e3e0da;--good:#11734b;--warn:#9a4b00;--goodbg:#e6f4ec;--warnbg:#fdf0df;--mark:#ffdcd2;--note:#a8321a;--c1:#0b63b5;--c2:#b3540a;--c3:#11734b;--c4:#6e6a8a;--c5:#a1286a;--c6:#5d5a00}
        @media (prefers-color-scheme:dark){:root{--bg:#14171b;--card:#1c2026;--ink:#e8e6e1;--soft:#a6adb6;--rule:#343a43;--good:#5fd39b;--warn:#f5b264;--goodbg:#16301f;--warnbg:#37270f;--mark:#5b2417;--note:#ff9f88;--c1:#6db4ff;--c2:#ffab5e;--c3:#5fd39b;--c4:#b5b0d8;--c5:#ff8fc4;--c6:#d8d06a}}
        *{box-sizing:border-box}
        html{-webkit-text-size-adjust:100%}
        body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","Liberation Sans",Arial,sans-serif}
        main{max-width:1080px;margin:0 auto;padding:40px 24px 64px}
        h1{font-size:clamp(1.5rem,4vw,2.2rem);line-height:1.18;letter-spacing:-.015em;margin:.3em 0 .5em;max-width:30em;text-wrap:balance}
        h2{font-size:1.3rem;margin:2.4em 0 .7em;letter-spacing:-.01em}
        h3{font-size:1rem;margin:0 0 .35em}
        p{margin:.4em 0 .8em;max-width:46em}
        .eyebrow,.caption,footer{color:var(--soft);font-size:.9rem}
        .eyebrow{margin:0}
        .status{display:inline-block;padding:0 .6em;border-radius:1em;font-weight:600;background:var(--goodbg);color:var(--good)}
        .status.warn{background:var(--warnbg);color:var(--warn)}
        .tiles,.cards,.strata{display:grid;gap:14px}
        .tiles{grid-template-columns:repeat(auto-fit,minmax(min(100%,200px),1fr))}
        .cards{grid-template-columns:repeat(auto-fit,minmax(min(100%,400px),1fr))}
        .strata{grid-template-columns:repeat(auto-fit,minmax(min(100%,230px),1fr))}
        .tile,.card{background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:14px 16px;min-width:0;margin:0;break-inside:avoid}
        .tile b{display:block;font-size:1.55rem;line-height:1.25;font-variant-numeric:tabular-nums;letter-spacing:-.01em}
        .tile span{color:var(--soft);font-size:.86rem;display:block}
        .findings{list-style:none;margin:0;padding:0;display:grid;gap:8px}
        .findings li{background:var(--card);border:1px solid var(--rule);border-left:4px solid var(--soft);border-radius:6px;padding:9px 14px;break-inside:avoid}
        .findings .good{border-left-color:var(--good)}
        .findings .warning{border-left-color:var(--warn);background:var(--warnbg)}
        .findings b{margin-right:.45em}
        .findings .good b{color:var(--good)}
        .findings .warning b{color:var(--warn)}
        .chart{display:block;width:100%;height:auto;overflow:visible}
        .chart text{font-size:13px;fill:var(--soft);font-variant-numeric:tabular-nums}
        .chart .name{font-weight:600}
        .chart .grid{stroke:var(--rule);stroke-width:1}
        .chart .mark{stroke:var(--soft);stroke-width:1;stroke-dasharray:2 4;opacity:.7}
        .chart .line{fill:none;stroke-width:2.4;stroke-linejoin:round;stroke-linecap:round}
        .chart .dashed{stroke-dasharray:6 5}
        .chart .band{opacity:.15;stroke:none}
        .chart .whisker{stroke-width:2;opacity:.5}
        .chart .dot{stroke:var(--card);stroke-width:1.5}
        .c1{--c:var(--c1)}.c2{--c:var(--c2)}.c3{--c:var(--c3)}.c4{--c:var(--c4)}.c5{--c:var(--c5)}.c6{--c:var(--c6)}
        .chart .line,.chart .whisker{stroke:var(--c)}
        .chart .band,.chart .dot,.chart .bar,.chart text.name{fill:var(--c)}
        .cards+.scroll{margin-top:14px}
        .scroll{overflow-x:auto;background:var(--card);border:1px solid var(--rule);border-radius:10px}
        table{border-collapse:collapse;width:100%;font-size:.9rem;font-variant-numeric:tabular-nums}
        th,td{padding:7px 12px;text-align:right;border-bottom:1px solid var(--rule);vertical-align:top;white-space:nowrap}
        td.words,th.words{text-align:left}
        td.text,th.text{white-space:normal;text-align:left;min-width:20em}
        tr:last-child th,tr:last-child td{border-bottom:0}
        thead th{color:var(--soft);font-weight:600;vertical-align:bottom;white-space:normal;min-width:5.5em}
        thead th:first-child{min-width:0}
        th:first-child,td:first-child{text-align:left}
        td small{display:block;color:var(--soft);font-size:.82em}
        .plain{table-layout:fixed}
        .plain td,.plain th{white-space:normal;overflow-wrap:anywhere;padding-left:0;padding-right:0}
        .plain tbody th{font-weight:400;color:var(--soft);text-align:left;padding-right:12px}
        .strata .chart{max-width:330px}
        .narrow{display:none}
        .bars{display:grid;gap:9px}
        .bars div{display:grid;grid-template-columns:1fr auto;gap:2px 10px;font-size:.92rem}
        .bars i{grid-column:1/-1;height:9px;border-radius:3px;background:var(--c2);width:calc(var(--share)*1%);min-width:2px}
        .pair{margin:0 0 16px}
        .pair .statement{font-size:.98rem;margin:.1em 0 .8em;overflow-wrap:anywhere}
        .sides{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,330px),1fr));gap:12px}
        .sides h4{margin:0 0 6px;font-size:.85rem;font-weight:600}
        .sides .no h4{color:var(--note)}
        .sides .yes h4{color:var(--good)}
        code,pre,.statement,.proof{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono","Liberation Mono",monospace}
        .proof{background:var(--bg);border:1px solid var(--rule);border-radius:6px;padding:9px 12px;font-size:.87rem;overflow-wrap:anywhere}
        .proof code{display:block;white-space:pre-wrap}
        .proof mark{background:var(--mark);color:inherit;border-radius:2px;box-shadow:0 2px 0 var(--note)}
        .proof .note{display:block;color:var(--note);font-size:.95em;margin:1px 0 5px;padding-left:min(calc(var(--column)*1ch),40%);white-space:pre-wrap}
        .proof .note::before{content:"\2191\a0"}
        pre{margin:0;font-size:.85rem;line-height:1.5;background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:14px 16px;overflow:auto;max-height:30rem}
        .command{white-space:pre-wrap;overflow-wrap:anywhere;margin-bottom:14px}
        footer{margin-top:3em;border-top:1px solid var(--rule);padding-top:1em}
        @media (max-width:520px){main{padding:22px 14px 40px}.tile b{font-size:1.3rem}.tiles{grid-template-columns:1fr 1fr}th,td{padding:6px 9px}.wide{display:none}.narrow{display:block}.strata{grid-template-columns:1fr 1fr}.strata .card{padding:10px}.strata .caption{display:block}}
        @media print{:root{color-scheme:light;--bg:#fff;--card:#fff;--ink:#000;--soft:#444;--rule:#ccc;--good:#11734b;--warn:#9a4b00;--goodbg:#fff;--warnbg:#fff;--mark:#ffdcd2;--note:#a8321a;--c1:#0b63b5;--c2:#b3540a;--c3:#11734b;--c4:#6e6a8a;--c5:#a1286a;--c6:#5d5a00}body{font-size:11pt}main{max-width:none;padding:0}pre{max-height:none;white-space:pre-wrap}.scroll{overflow:visible}table{font-size:8pt}h2{break-after:avoid}}
        """;
}
