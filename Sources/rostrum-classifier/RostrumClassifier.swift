import WorkerCommands

@main
enum RostrumClassifier {
    static func main() async { await WorkerProgram.classifier.main() }
}
