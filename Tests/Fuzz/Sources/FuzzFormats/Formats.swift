import Foundation
import SpeechFormats
import Speeches

/// Every format reader on any bytes: a refusal, or documents that keep a document's promises.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard let speeches = try? FormatRegistry().speeches(in: bytes, from: SourceContext()) else { return 0 }
    for speech in speeches {
        precondition(!speech.body.isEmpty, "a document without a body")
        precondition(
            speech.body.allSatisfy { !$0.isEmpty && $0 == TextNormalisation.line($0) }, "a paragraph not normalised")
        precondition((try? Speech(json: Data(speech.json))) == speech, "a document does not come back")
    }
    return 0
}
