namespace Ratchet.Verifiers.Annotators;

/// <summary>What a programmatic annotator sees of a response.</summary>
/// <param name="Task">How well the task is done, 0 to 1.</param>
/// <param name="Format">How well the form that was asked for is kept, 0 to 1.</param>
/// <param name="Length">Length in tokens.</param>
/// <param name="IsList">Written as a list.</param>
public readonly record struct ResponseFeatures(double Task, double Format, double Length, bool IsList);

/// <summary>Looks at a response; must depend on its arguments alone and be safe from many threads.</summary>
/// <param name="instruction">What was asked.</param>
/// <param name="response">Response.</param>
public delegate ResponseFeatures ResponseReader(string instruction, string response);
