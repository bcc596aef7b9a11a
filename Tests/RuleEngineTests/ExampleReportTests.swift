import RuleEngine
import TestSupport
import Testing

/// Reports of the examples inside rule files.
@Suite struct ExampleReportTests {
    private static let topic = """
        topic: t
        label: T
        description: A topic.
        rules:
          - id: t.r
            weight: 3
            find: fraud
            examples:
              - {text: "Fraud & <fraud> \\"quoted\\"\\tand\\u0001 more", finds: ["Fraud", "fraud"]}
              - {text: "Fraud, fraud.", finds: ["fraud", "theft"]}
        examples:
          - {text: "]]> nothing", tagged: true}
        """

    private func report() throws -> ExampleReport {
        ExampleReport(ExampleTests.run(try TestRuleset.check(topics: [Self.topic])))
    }

    @Test func failuresShowADifference() throws {
        let report = try report()
        #expect(report.failures.count == 2)
        #expect(
            report.text == """
                topic0.yaml:10:16: t.r
                    in: Fraud, fraud.
                    + Fraud
                      fraud
                    - theft

                topic0.yaml:12:12: t
                    in: ]]> nothing
                    + not tagged
                    - tagged

                3 examples, 2 failed
                """)
    }

    /// Another parser reads the XML and finds every text in it unharmed.
    @Test func junitIsWellFormed() throws {
        let program = """
            import sys, xml.etree.ElementTree as e
            root = e.fromstring(sys.stdin.buffer.read())
            print(root.tag, root.get('tests'), root.get('failures'))
            for case in root.iter('testcase'):
                print(case.get('classname'), '|', case.get('name').encode('unicode_escape').decode(), '|', case.find('failure') is not None)
            print(root.findall('.//failure')[0].text)
            """
        let outcome = try Python.run(["-c", program], input: Array(report().junit.utf8))
        #expect(outcome.errors == "")
        #expect(
            outcome.output == """
                testsuites 3 2
                t.r | topic0.yaml:9 Fraud & <fraud> "quoted"\\tand\\ufffd more | False
                t.r | topic0.yaml:10 Fraud, fraud. | True
                t | topic0.yaml:12 ]]> nothing | True
                topic0.yaml:10:16: t.r
                    in: Fraud, fraud.
                    + Fraud
                      fraud
                    - theft

                """)
    }
}
