import RuleLanguage

/// Foreign queries of any kind: what is imported is a rule file without errors, or nothing.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    for dialect in ImportedQuery.Dialect.allCases {
        let imported = ImportedQuery(text, from: dialect)
        // A query that came out too large says so, and is the author's to split.
        if imported.queries.isEmpty || imported.warnings.contains(where: { $0.message.hasPrefix("what came of it") }) {
            continue
        }
        let manifest = RuleText(path: "ruleset.yaml", text: "ruleset: fuzz\nversion: 1.0.0\n")
        let reader = RulesetReader([manifest, RuleText(path: "t.yaml", text: imported.file(topic: "t"))])
        precondition(reader.ruleset != nil, "\(reader.report)")
    }
    return 0
}
