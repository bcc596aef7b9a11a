/// Pages of reports: one file, no script, nothing fetched, light and dark, fit to print.
enum HTMLText {
    /// A whole page. The policy forbids scripts and every load, whatever rules or documents may hold.
    static func page(title: String, body: String) -> String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>\(escaped(title))</title>
        <style>
        :root { color-scheme: light dark; --ink: #1b1b1b; --paper: #fff; --quiet: #595959; --line: #d0d0d0; --soft: #f3f3f0;
          --good: #146c2e; --bad: #a3130f; }
        @media (prefers-color-scheme: dark) {
          :root { --ink: #e8e8e8; --paper: #16181b; --quiet: #a8a8a8; --line: #3a3d42; --soft: #22252a; --good: #7fd49a;
            --bad: #ff9d96; }
        }
        body { margin: 0 auto; padding: 1rem; max-width: 52rem; color: var(--ink); background: var(--paper);
          font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: break-word; }
        h1 { font-size: 1.7rem; line-height: 1.2; }
        h2 { font-size: 1.3rem; margin-top: 2.5rem; border-top: 1px solid var(--line); padding-top: 1rem; }
        h3 { font-size: 1.05rem; margin-bottom: .3rem; }
        table { border-collapse: collapse; font-size: .92rem; display: block; overflow-x: auto; }
        th, td { text-align: left; padding: .25rem .9rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
        .number { text-align: right; font-variant-numeric: tabular-nums; }
        pre { background: var(--soft); padding: .7rem; overflow-x: auto; white-space: pre-wrap; font-size: .85rem; }
        .quiet { color: var(--quiet); }
        .gained, .yes { color: var(--good); }
        .lost, .no { color: var(--bad); }
        a { color: inherit; }
        @media print {
          :root { --ink: #000; --paper: #fff; --quiet: #444; --line: #bbb; --soft: #fff; }
          body { max-width: none; font-size: 10pt; }
          section { break-inside: auto; } h2, h3 { break-after: avoid; } pre, tr { break-inside: avoid; }
        }
        </style>
        </head>
        <body>
        <main>
        \(body)</main>
        </body>
        </html>

        """
    }

    /// Text as HTML: nothing of it can become markup.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    /// Evidence in context, its words marked.
    static func quoting(_ context: String) -> String {
        escaped(context).replacing("«", with: "<b>").replacing("»", with: "</b>")
    }
}

extension TextTable {
    /// A table of HTML.
    var html: String {
        func row(_ cells: [String], _ tag: String) -> String {
            "<tr>"
                + cells.enumerated().map { column, cell in
                    let kind = isNumber(column) ? " class=\"number\"" : ""
                    return "<\(tag)\(kind)>\(HTMLText.escaped(cell))</\(tag)>"
                }.joined() + "</tr>\n"
        }
        return "<table>\n<thead>\(row(head, "th"))</thead>\n<tbody>\n" + rows.map { row($0, "td") }.joined()
            + "</tbody>\n</table>\n"
    }
}
