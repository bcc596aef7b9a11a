import Foundation
import Testing

/// `rostrum classify`: what a person meets who has a file and no broker.
@Suite struct ClassifyCommandTests {
    static let seed = packageRoot.appending(path: "Config/samples/malthouse-2022-un-crime-commission.txt").path

    @Test func theSeedSpeechGivesTheSameBytesTwice() throws {
        let first = try run("rostrum", ["classify", "--output", "ndjson", Self.seed])
        let second = try run("rostrum", ["classify", "--output", "ndjson", Self.seed])
        #expect(first.code == 0)
        #expect(first.errors == "")
        #expect(first.output == second.output)
        let event = try #require(try objects(first.output).first)
        let topics = try #require(event["topics"] as? [[String: Any]]).compactMap { $0["id"] as? String }
        #expect(topics.contains("cyber-crime"))
        #expect(topics.contains("modern-slavery"))
    }

    @Test func jsonIsOneArrayForAnyNumberOfSpeeches() throws {
        for (paths, count) in [([Self.seed], 1), ([Self.seed, Self.seed], 2), (["Empty"], 0)] {
            let folder = try TemporaryFolder()
            let ended = try run(
                "rostrum", ["classify", "--output", "json"] + paths.map { $0 == "Empty" ? folder.path : $0 })
            #expect(ended.code == 0)
            let array = try JSONSerialization.jsonObject(with: Data(ended.output.utf8)) as? [[String: Any]]
            #expect(array?.count == count)
        }
    }

    @Test func standardInputIsReadByDash() throws {
        let text = try String(contentsOfFile: Self.seed, encoding: .utf8)
        let ended = try run("rostrum", ["classify", "--output", "ndjson", "-"], input: text)
        #expect(ended.code == 0)
        #expect(try objects(ended.output).count == 1)
    }

    @Test func textShowsProofs() throws {
        let ended = try run("rostrum", ["classify", Self.seed])
        #expect(ended.output.contains("Kit Malthouse, Minister for Crime and Policing, 2022-05-17, crime policy: yes"))
        #expect(ended.output.contains("«cyber crime»"))
        #expect(ended.output.contains("(cyber-crime.named, sentence 9)"))
    }

    @Test func textHoldsNoControlCharacters() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(
            #"{"schema_version":1,"id":"x","title":"a\u001b[31mred\u0007","body":["Cyber crime rose."]}"#, to: "x.json")
        let ended = try run("rostrum", ["classify", path])
        #expect(!ended.output.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
    }

    struct Refusal: Sendable {
        let name: String
        let bytes: [UInt8]
        let code: String
    }

    static let refusals = [
        Refusal(name: "empty.txt", bytes: [], code: "format.empty"),
        Refusal(
            name: "binary.txt", bytes: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13],
            code: "format.binary"),
        Refusal(name: "bad.json", bytes: Array("{\"schema_version\":1,".utf8), code: "format."),
        Refusal(
            name: "utf8.json",
            bytes: Array("{\"schema_version\":1,\"id\":\"a\",\"body\":[\"".utf8) + [0xC3, 0x28] + Array("\"]}".utf8),
            code: "format.encoding"),
    ]

    /// One bad file among good ones: it is named with the reason, the others are classified, and the exit code says so.
    @Test(arguments: refusals)
    func badFilesAreNamedAndTheOthersGoOn(refusal: Refusal) throws {
        let folder = try TemporaryFolder()
        let bad = try folder.write(Data(refusal.bytes), to: refusal.name)
        let ended = try run("rostrum", ["classify", "--output", "ndjson", bad, Self.seed])
        #expect(ended.code == 3)
        #expect(try objects(ended.output).count == 1)
        #expect(ended.errors.hasPrefix("refused: \(bad)"), "\(ended.errors)")
        #expect(ended.errors.contains(refusal.code), "\(ended.errors)")
        #expect(ended.errors.split(separator: "\n").count == 1)
    }

    @Test func missingFilesAreNamed() throws {
        let ended = try run("rostrum", ["classify", "/no/such/speech.txt"])
        #expect(ended.code == 3)
        #expect(ended.errors.contains("/no/such/speech.txt"))
        #expect(ended.errors.contains("format.unreadable"))
    }

    @Test func missingAndBrokenRules() throws {
        let missing = try run("rostrum", ["classify", "--rules", "/no/such/rules", Self.seed])
        #expect(missing.code == 78)
        #expect(missing.errors.contains("the rules folder '/no/such/rules' (rules.path) does not exist"))
        let folder = try TemporaryFolder()
        try folder.write("topics: [unclosed", to: "ruleset.yaml")
        let broken = try run("rostrum", ["classify", "--rules", folder.path, Self.seed])
        #expect(broken.code == 78)
        #expect(broken.errors.contains("\(folder.path)/ruleset.yaml:"))
        #expect(broken.output == "")
    }

    @Test(arguments: [
        (["classify"], "Missing expected argument"),
        (["classify", "--output", "xml", "x"], "'text', 'json', 'ndjson' or 'html'"),
        (["classify", "--format", "word", "x"], "there is no format 'word'"), (["clasify"], "rostrum"),
        (["classify", "-", "x"], "'-' reads standard input"), (["classify", "--set", "nonsense", "x"], "KEY=VALUE"),
    ])
    func wrongCommandLines(arguments: [String], expected: String) throws {
        let ended = try run("rostrum", arguments)
        #expect(ended.code == 2)
        #expect(ended.errors.contains(expected), "\(ended.errors)")
        #expect(ended.output == "")
    }

    @Test(arguments: [
        ["rostrum", "classify"], ["rostrum", "demo"], ["rostrum", "topics", "create"],
        ["rostrum", "topics", "describe"],
        ["rostrum", "config", "show"], ["rostrum", "config", "check"], ["rostrum", "config", "sample"],
        ["rostrum-producer", "publish"], ["rostrum-producer", "withdraw"], ["rostrum-classifier"], ["rostrum-sink"],
    ])
    func everyCommandHasHelpWithAnExampleAndExitCodes(command: [String]) throws {
        let ended = try run(command[0], Array(command.dropFirst()) + ["--help"])
        #expect(ended.code == 0)
        #expect(ended.output.contains("Example"))
        #expect(ended.output.contains("Exit codes:"))
        #expect(ended.output.contains("USAGE:"))
    }

    /// The cure that a refusal names is one of this command, and of those that read files as it does.
    @Test(arguments: [["classify"], ["rules", "explain"], ["rules", "coverage", "--corpus"]])
    func aTableIsReadByItsMapping(command: [String]) throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(
            "id,speech_text\na,Police arrested a burglar.\nb,Prisons and parole.\n", to: "t.csv")
        let refused = try run("rostrum", command + [file])
        #expect(refused.code != 0 && refused.errors.contains("--map body=COLUMN"), "\(refused)")
        let read = try run("rostrum", command + [file, "--map", "body=speech_text"])
        #expect(read.code == 0 && !read.output.isEmpty && read.errors.isEmpty, "\(read)")
    }
}
