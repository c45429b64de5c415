using System.Text.Encodings.Web;
using System.Text.Json;
using Ratchet.Verdicts;

namespace Ratchet.Service;

/// <summary>A verdict as the service tells it, over HTTP and to agents alike.</summary>
/// <param name="Id">Identifier that the request gave, or the item's number.</param>
/// <param name="Outcome"><c>accepted</c>, <c>rejected</c> or <c>unknown</c>.</param>
/// <param name="Reason">Why, in snake_case.</param>
/// <param name="Trust"><c>guide</c> or <c>full</c>.</param>
/// <param name="Verifier">Name of the verifier.</param>
/// <param name="VerifierVersion">Its version.</param>
/// <param name="Steps">Cost in the verifier's own steps.</param>
/// <param name="Seconds">Time of the check, waiting left out.</param>
/// <param name="Feedback">What the verifier said, with offsets in the proof.</param>
internal sealed record VerdictAnswer(
    string Id, string Outcome, string Reason, string Trust, string Verifier, string VerifierVersion, long Steps, double Seconds, IReadOnlyList<Feedback> Feedback)
{
    /// <summary>How answers are written.</summary>
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web) 
    {
        // Formulas are full of characters that are only dangerous in HTML, which answers are not.
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The answer to a check.</summary>
    public static VerdictAnswer Of(string id, CheckedProof done) => new(
        id, done.Verdict.Outcome, Word(done.Verdict.Reason), Word(done.Verdict.Trust), done.Verdict.Verifier, done.Verdict.VerifierVersion, done.Verdict.Steps,
        Math.Round(done.Elapsed.TotalSeconds, 6), done.Verdict.Feedback);

    private static string Word<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}
