internal import CLibXML2
internal import Speeches

/// Elements and text of an XML document, one by one, as libxml2's reader finds them. Owns the reader. It fetches nothing,
/// replaces no entity, and refuses a document that declares any.
final class XMLEvents {
    enum Event: Equatable {
        case start(String)
        case end(String)
        case text(String)
    }

    private let reader: xmlTextReaderPtr
    /// The reader's memory; it keeps no copy.
    private let bytes: UnsafeMutableBufferPointer<UInt8>
    /// The end of an empty element, which the reader does not report.
    private var owedEnd: String?
    private var hasEnded = false

    /// Makes the library's global tables once, before the first parser of any thread.
    private static let library: Void = xmlInitParser()

    static let declared = FormatError(
        .invalid, "the XML declares a document type or entities", cure: "remove the declarations")

    /// - Throws: `FormatError` with code `invalid`.
    init(_ document: [UInt8]) throws(FormatError) {
        _ = Self.library
        bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(document.count, 1))
        _ = bytes.update(fromContentsOf: document)
        let options =
            XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue
            | XML_PARSE_NOCDATA.rawValue
        let reader = UnsafeRawPointer(bytes.baseAddress).flatMap {
            xmlReaderForMemory($0.assumingMemoryBound(to: CChar.self), Int32(document.count), nil, nil, Int32(options))
        }
        guard let reader else {
            bytes.deallocate()
            throw FormatError(.invalid, "there is no memory for an XML reader", cure: "free memory and try again")
        }
        self.reader = reader
        // Some errors are reported past the options.
        xmlTextReaderSetStructuredErrorHandler(reader, { _, _ in }, nil)
    }

    deinit {
        xmlFreeTextReader(reader)
        bytes.deallocate()
    }

    /// How deep the current element is.
    private(set) var depth = 0
    /// Whether the element that just started has no content; its end still comes.
    private(set) var isEmptyElement = false

    /// The next element's start or end, or text; nil at the end of the document.
    /// - Throws: `FormatError` with code `invalid` and the line where the XML breaks its rules.
    func next() throws(FormatError) -> Event? {
        isEmptyElement = false
        if let name = owedEnd.take() { return .end(name) }
        while !hasEnded {
            let result = xmlTextReaderRead(reader)
            guard result == 1 else {
                hasEnded = true
                guard result == 0 else { throw broken }
                return nil
            }
            depth = Int(xmlTextReaderDepth(reader))
            switch UInt32(xmlTextReaderNodeType(reader)) {
            case XML_READER_TYPE_ELEMENT.rawValue:
                let name = string(xmlTextReaderConstLocalName(reader)) ?? ""
                if xmlTextReaderIsEmptyElement(reader) == 1 {
                    owedEnd = name
                    isEmptyElement = true
                }
                return .start(name)
            case XML_READER_TYPE_END_ELEMENT.rawValue:
                return .end(string(xmlTextReaderConstLocalName(reader)) ?? "")
            case XML_READER_TYPE_TEXT.rawValue, XML_READER_TYPE_CDATA.rawValue,
                XML_READER_TYPE_SIGNIFICANT_WHITESPACE.rawValue, XML_READER_TYPE_WHITESPACE.rawValue:
                return .text(string(xmlTextReaderConstValue(reader)) ?? "")
            case XML_READER_TYPE_DOCUMENT_TYPE.rawValue, XML_READER_TYPE_ENTITY_REFERENCE.rawValue:
                hasEnded = true
                throw Self.declared
            default: break
            }
        }
        return nil
    }

    /// An attribute of the element that just started, by its qualified name.
    func attribute(_ name: String) -> String? {
        guard xmlTextReaderMoveToAttribute(reader, name) == 1 else { return nil }
        defer { xmlTextReaderMoveToElement(reader) }
        return string(xmlTextReaderConstValue(reader))
    }

    /// All text of the element that just started, normalised; reads to its end.
    func text() throws(FormatError) -> String? {
        let start = depth
        var text = ""
        if isEmptyElement {
            _ = try next()
            return nil
        }
        while let event = try next() {
            switch event {
            case .text(let more): text += more
            case .end where depth <= start: return TextNormalisation.optionalLine(text)
            default: break
            }
        }
        return TextNormalisation.optionalLine(text)
    }

    private var broken: FormatError {
        var error = FormatError(
            .invalid, "the XML is not well-formed or breaks off", cure: "fetch it again, or correct it")
        let line = Int(xmlTextReaderGetParserLineNumber(reader))
        error.line = line > 0 ? line : nil
        return error
    }

    private func string(_ pointer: UnsafePointer<xmlChar>?) -> String? { pointer.map { String(cString: $0) } }
}
