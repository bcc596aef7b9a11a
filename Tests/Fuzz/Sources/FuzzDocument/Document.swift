import Foundation
import Speeches

/// The decoders of documents and events on any bytes: a refusal, or a value that comes back from its own bytes.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let data = Data(bytes: start, count: count)
    if let speech = try? Speech(json: data) {
        let again = try? Speech(json: Data(speech.json))
        precondition(again == speech, "a document does not come back")
    }
    if let event = try? ClassifiedSpeech(json: data) {
        let again = try? ClassifiedSpeech(json: Data(event.json))
        precondition(again?.json == event.json, "an event does not come back")
    }
    return 0
}
