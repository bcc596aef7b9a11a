internal import Speeches

extension ComparisonReport {
    /// The changes as people read them on a terminal.
    public var text: String {
        var lines = heading
        lines += ["", table.text]
        for document in documents {
            lines += ["", "\(document.id)  \(document.title ?? "")"]
            if let verdict = document.crimePolicy { lines.append("  \(sign(verdict)) crime policy") }
            for change in document.changes {
                lines.append("  \(sign(change.kind)) \(change.topic)  \(describe(change))")
                lines += change.evidence.map { "      \($0)" }
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The changes as a page of their own: no script, nothing fetched.
    public var html: String {
        var body = "<h1>What the new rules change</h1>\n"
        body += heading.map { "<p>\(HTMLText.escaped($0))</p>\n" }.joined()
        body += table.html
        for document in documents {
            body += "<section>\n<h2>\(HTMLText.escaped(document.title ?? document.id))</h2>\n"
            if document.title != nil { body += "<p class=\"quiet\">\(HTMLText.escaped(document.id))</p>\n" }
            body += "<ul>\n"
            if let verdict = document.crimePolicy { body += "<li>\(mark(verdict)) crime policy</li>\n" }
            for change in document.changes {
                let evidence = change.evidence.map { "<li class=\"quiet\">\(HTMLText.quoting($0))</li>" }.joined(
                    separator: "\n")
                body += "<li>\(mark(change.kind)) <b>\(HTMLText.escaped(change.topic))</b> \(describe(change))"
                body += evidence.isEmpty ? "</li>\n" : "\n<ul>\n\(evidence)\n</ul></li>\n"
            }
            body += "</ul>\n</section>\n"
        }
        return HTMLText.page(title: "Rules compared", body: body)
    }

    private var heading: [String] {
        [
            "old: \(old.version) (\(old.digest.prefix(19)))",
            "new: \(new.version) (\(new.digest.prefix(19)))",
            "\(documentsRead) documents, \(documentsChanged) changed; crime policy: \(crimePolicyGained) gained, "
                + "\(crimePolicyLost) lost"
                + (documents.count < documentsChanged ? "; the first \(documents.count) are listed" : ""),
        ]
    }

    private var table: TextTable {
        var table = TextTable(["topic", "gained", "lost", "prominence", "same"], numbers: 1...4)
        for topic in topics {
            table.add([topic.id, "\(topic.gained)", "\(topic.lost)", "\(topic.prominence)", "\(topic.same)"])
        }
        return table
    }

    private func sign(_ kind: Kind) -> String {
        switch kind {
        case .gained: "+"
        case .lost: "-"
        case .prominence: "~"
        }
    }

    private func mark(_ kind: Kind) -> String {
        "<span class=\"\(kind.rawValue)\">\(sign(kind)) \(kind.rawValue)</span>"
    }

    private func describe(_ change: Change) -> String {
        func side(_ prominence: String?, _ score: Double?) -> String {
            "\(prominence ?? "") \(score?.thousandths ?? "")"
        }
        let was = side(change.from?.rawValue, change.oldScore)
        let now = side(change.to?.rawValue, change.newScore)
        switch change.kind {
        case .gained: return now
        case .lost: return was
        case .prominence: return "\(was) → \(now)"
        }
    }
}
