// The pages of the portal, by who sees them. A page is a path without language, or one that is found:
// `on` is a page with a link, `link` a pattern of its address without language, `then` what is put after it.

export const pages = [
  { role: null, paths: [
    "/", "/datakort", "/data-map", "/datakort?omraade=hospital", "/datakort?valgt=lpr3", "/datakort?omraade=genes&noegle=none",
    "/datalandkort/lpr3/diagnoser/diag_kode", "/datalandkort/lab/lab_forsker/value", "/datalandkort", "/datalandkort?q=sukkersyge", "/datalandkort?q=zzzzqqqq", "/datapakker", "/datapakker/diabetes-medicin", "/kurv", "/vejledning", "/vejledning/kompas",
    "/aabenhed", "/aabenhed?q=zzzzqqqq", "/aabenhed/dine-data", "/aabenhed/log", "/log-paa", "/tilgaengelighed", "/privatliv", "/aabne-data", "/drift",
    { path: "/findes-ikke", status: 404 },
    { on: "/datalandkort?q=lmdb", link: /^\/datalandkort\/[^/?#]+$/ },
    { on: "/datalandkort/lpr3", link: /^\/datalandkort\/[^/?#]+\/[^/?#]+\/[^/?#]+$/ },
    { on: "/aabenhed", link: /^\/aabenhed\/S-[^/?#]+$/ },
  ] },
  { role: "researcher", paths: [
    "/ansoeg", "/sager", "/analyserum",
    { on: "/ansoeg", link: /^\/ansoeg\/[^/?#]+\/[^/?#]+$/, part: /^(\/ansoeg\/[^/?#]+)\/.*$/, then: ["/project", "/team", "/purpose", "/data", "/workbench", "/check", "/send", "/slet"] },
    { on: "/sager", link: /^\/sager\/S-[^/?#]+$/, then: ["", "/ansoegning"], every: true },
    { on: "/sager", link: /^\/sager\/S-[^/?#]+$/, then: ["/traek-tilbage"] },
    { on: "/analyserum", link: /^\/analyserum\/A-[^/?#]+$/ },
    { on: "/analyserum", link: /^\/analyserum\/A-[^/?#]+$/, on2: /^\/analyserum\/A-[^/?#]+\?resultat=[^&#]+$/, then: ["", "&vis=ud"], every: true },
    { on: "/sager", link: /^\/sager\/S-[^/?#]+$/, on2: /^\/tilladelser\/DK-[^/?#]+$/, then: ["", "/luk"], optional: true },
  ] },
  { role: "officer-sds", paths: [
    "/desk", "/desk?vis=vurderes", "/desk?vis=faerdige", "/sager",
    { on: "/desk", link: /^\/desk\/S-[^/?#]+$/, then: ["", "?vis=ansoegning", "?vis=spoergsmaal", "?vis=log"] },
    { on: "/desk?vis=vurderes", link: /^\/desk\/S-[^/?#]+$/, then: ["/spoerg", "/afgoer?som=imoedekommet", "/afgoer?som=vilkaar", "/afgoer?som=delvist", "/afgoer?som=afslag"] },
    { on: "/sager", link: /^\/sager\/S-[^/?#]+$/, every: true },
  ] },
  { role: "officer-dst", paths: ["/desk"] },
  { role: "officer-ki", paths: ["/desk"] },
  { role: "coordinator", paths: ["/desk", "/sager"] },
  { role: "checker-1", paths: ["/kontrol", { on: "/kontrol", link: /^\/kontrol\/[^/?#]+$/, optional: true }] },
  { role: "checker-2", paths: ["/kontrol"] },
  { role: "holder-sds", paths: ["/leverancer", "/leverancer/lever/lmdb", { on: "/leverancer", link: /^\/leverancer\/[^/?#]+$/ }] },
  { role: "admin", paths: ["/konti", "/demo/ur"] },
  { role: "citizen", paths: ["/", "/aabenhed"] },
];
