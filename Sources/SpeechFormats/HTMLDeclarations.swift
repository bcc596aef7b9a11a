/// What stands in `<!…>` and is no comment. libxml2 would hand most of it out as text.
enum HTMLDeclarations {
    /// The markup without conditional sections (`<![if …]>`, `<![endif]>`, CDATA marks), which browsers skip too.
    /// - Throws: `FormatError` with code `invalid` where a document type of its own is declared: entities, elements,
    ///   attributes or notations have no place in HTML and every use of them is an attack.
    static func removed(from bytes: [UInt8]) throws(FormatError) -> [UInt8] {
        var kept: [UInt8] = []
        kept.reserveCapacity(bytes.count)
        var index = 0
        var close = -1
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "<"), bytes.dropFirst(index + 1).first == UInt8(ascii: "!") else {
                kept.append(bytes[index])
                index += 1
                continue
            }
            // Searched for once per '>', however many declarations stand before it.
            if close < index { close = bytes[index...].firstIndex(of: UInt8(ascii: ">")) ?? bytes.count - 1 }
            let declaration = bytes[index...close].prefix(declarationBytesMax)
            if declaresType(declaration) {
                throw FormatError(
                    .invalid, "the HTML declares entities or a document type of its own",
                    cure: "remove the declarations")
            }
            if declaration.starts(with: "<![".utf8) {
                index = close + 1
            } else {
                kept.append(bytes[index])
                index += 1
            }
        }
        return kept
    }

    /// How far into a declaration an internal subset is looked for.
    private static let declarationBytesMax = 1_024

    private static func declaresType(_ declaration: ArraySlice<UInt8>) -> Bool {
        let keyword = String(decoding: declaration.dropFirst(2).prefix(8), as: UTF8.self).uppercased()
        if keyword.hasPrefix("DOCTYPE") { return declaration.contains(UInt8(ascii: "[")) }
        return ["ENTITY", "ELEMENT", "ATTLIST", "NOTATION"].contains(where: keyword.hasPrefix)
    }
}
