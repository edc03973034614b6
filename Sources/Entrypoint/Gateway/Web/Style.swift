/// The style of all pages: plain, in the system's own font, light or dark as the reader has it.
enum Style {
  static let sheet = """
    :root {
      color-scheme: light dark;
      --ink: light-dark(#1d2733, #dde4ec); --faint: light-dark(#66727f, #93a0ae);
      --paper: light-dark(#f6f7f9, #14191f); --card: light-dark(#fff, #1c232b);
      --line: light-dark(#dfe3e8, #303a45); --good: light-dark(#1a7f4b, #53c98b);
      --bad: light-dark(#c0392b, #ff8577); --key: light-dark(#2457a8, #82b1ff);
    }
    * { box-sizing: border-box }
    body {
      margin: 0 auto; padding: 2rem 1.25rem; max-width: 68rem;
      font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
    }
    header { display: flex; flex-wrap: wrap; gap: .75rem; align-items: baseline }
    h1 { margin: 0 auto 0 0; font-size: 1.35rem; font-weight: 600 }
    a { color: var(--key); text-decoration: none }
    a:hover { text-decoration: underline }
    button {
      padding: .25rem .7rem; border: 1px solid var(--line); border-radius: .4rem;
      font: inherit; font-size: .85rem; color: var(--ink); background: var(--card); cursor: pointer;
    }
    button:hover { border-color: var(--key); color: var(--key) }
    form { display: inline-flex; flex-wrap: wrap; gap: .35rem; margin: 0 }
    #statusmessage {
      margin: 1rem 0 0; padding: .5rem .9rem; border-left: 3px solid var(--key);
      background: var(--card);
    }
    .card {
      margin: 1.25rem 0; overflow-x: auto; border: 1px solid var(--line); border-radius: .6rem;
      background: var(--card);
    }
    table { width: 100%; border-collapse: collapse }
    th, td { padding: .55rem .9rem; text-align: left; white-space: nowrap }
    th { font-size: .8rem; font-weight: 600; color: var(--faint) }
    tbody tr { border-top: 1px solid var(--line) }
    td.desc { width: 99%; white-space: normal; color: var(--faint) }
    td.action a { margin-left: .6rem; font-size: .85rem }
    .status span { font-weight: 600 }
    header .status { margin-right: .75rem }
    .status span::before { content: "\\25CF"; margin-right: .4rem }
    .statusrunning { color: var(--good) } .statuserror { color: var(--bad) }
    .statusnominal { color: var(--faint) }
    pre {
      margin: 0; padding: 1rem; overflow-x: auto;
      font: 13px/1.45 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere;
    }
    footer { font-size: .8rem; color: var(--faint) }

    """
}
