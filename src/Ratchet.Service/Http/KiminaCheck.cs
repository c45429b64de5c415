using Ratchet.Problems;
using Ratchet.Service.Admission;
using Ratchet.Systems.Verification;
using Ratchet.Verdicts;

namespace Ratchet.Service.Http;

/// <summary>A message of an answer in Kimina's form.</summary>
/// <param name="Severity"><c>error</c> or <c>info</c>.</param>
/// <param name="Start">Where it begins.</param>
/// <param name="End">Where it ends, or null.</param>
/// <param name="Text">What it says.</param>
internal sealed record KiminaMessage(string Severity, CodePosition Start, CodePosition? End, string Text);

/// <summary>The answer to a snippet.</summary>
/// <param name="Id">Identifier of the snippet.</param>
/// <param name="Error">Why there is no verdict; null where there is one.</param>
/// <param name="Messages">Messages; an error among them means that the snippet was rejected.</param>
/// <param name="Seconds">Time that its checks took.</param>
internal sealed record KiminaResult(string Id, string? Error, IReadOnlyList<KiminaMessage> Messages, double Seconds);

/// <summary>
/// Checks a snippet: every theorem of the text is judged, and all must be accepted. The statements are those that the text itself makes; a
/// caller who wants a given statement proved asks <c>/v1/verify</c>.
/// </summary>
internal static class KiminaCheck
{
    /// <summary>Answers a request's snippets, in their order.</summary>
    public static async Task<IReadOnlyList<KiminaResult>> RunAsync(CheckService service, VerifierDesk desk, string client, KiminaRequest request, CancellationToken gone)
    {
        if (desk.Open.Entry.Document is not { } document)
            throw new RequestRefusedException(400, $"'{desk.Name}' does not read whole files; use /v1/verify.");
        using var deadline = service.StartDeadline();
        using var room = service.Admit(desk, client, request.Snippets.Count);
        return await Task.WhenAll(request.Snippets.Select(s => AnswerAsync(s))).ConfigureAwait(false);

        async Task<KiminaResult> AnswerAsync(KiminaSnippet snippet)
        {
            var messages = new List<KiminaMessage>();
            var seconds = 0.0;

            // Where the text that a mistake is told of begins: the whole file first, then the statement of a theorem.
            var start = 0;
            try
            {
                // One theorem after the other: a snippet never takes more than one slot, and holds one statement in memory.
                foreach (var theorem in document.Read(snippet.Code))
                {
                    start = theorem.StatementRange.Start.Value;
                    var item = new ProofItem { Id = theorem.Name, Statement = theorem.Statement, Proof = theorem.Proof, Untrusted = true };
                    var done = await service.CheckAsync(desk, room, desk.Open.Read(item), item.Proof, request.Timeout, deadline, gone).ConfigureAwait(false);
                    seconds += done.Elapsed.TotalSeconds;
                    if (done.Verdict.IsUnknown)
                        return new(snippet.Id, Outage(done.Verdict, request.Timeout), [], seconds);
                    AddMessages(messages, snippet.Code, theorem, done.Verdict);

                    // What follows may rest on it.
                    if (!done.Verdict.IsAccepted)
                        break;
                }
            }
            catch (StatementException e)
            {
                messages.Add(new("error", CodePosition.Of(snippet.Code, start + e.Position), null, e.Message));
            }

            return new(snippet.Id, null, messages, seconds);
        }
    }

    private static string Outage(Verdict verdict, TimeSpan timeout)
    {
        var said = verdict.Feedback.Count > 0 ? ": " + verdict.Feedback[0].Message : "";
        return verdict.Reason switch
        {
            VerdictReason.TimedOut => $"The check timed out (limit {timeout.TotalSeconds:0.###} seconds){said}",
            VerdictReason.OutOfMemory => $"The check ran out of memory{said}",
            VerdictReason.ResourceLimit => $"The check met a limit of the verifier{said}",
            VerdictReason.Crashed => $"The verifier crashed{said}",
            _ => $"The verifier is not available{said}",
        };
    }

    private static void AddMessages(List<KiminaMessage> messages, string code, DocumentProof theorem, Verdict verdict)
    {
        foreach (var f in verdict.Feedback)
            messages.Add(new(verdict.IsAccepted ? "info" : "error", Place(f.Start), f.End >= 0 ? Place(f.End) : null, f.Message));

        // A rejection without a word must still be seen as one.
        if (!verdict.IsAccepted && verdict.Feedback.Count == 0)
            messages.Add(new("error", Place(0), null, $"{theorem.Name}: {verdict.Reason}"));

        CodePosition Place(int offset) => CodePosition.Of(code, theorem.OffsetInText(offset));
    }
}
