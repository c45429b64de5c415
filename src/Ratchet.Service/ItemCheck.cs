using Ratchet.Problems;
using Ratchet.Service.Admission;
using Ratchet.Systems.Verification;

namespace Ratchet.Service;

/// <summary>Checks items whose statements the caller gives.</summary>
internal static class ItemCheck
{
    /// <summary>Answers items in their order.</summary>
    /// <exception cref="RequestRefusedException">A statement is none (400), or there is no room (413, 429).</exception>
    public static async Task<IReadOnlyList<VerdictAnswer>> RunAsync(
        CheckService service, VerifierDesk desk, string client, IReadOnlyList<ProofItem> items, TimeSpan? timeout, CancellationToken gone)
    {
        using var deadline = service.StartDeadline();
        using var room = service.Admit(desk, client, items.Count);

        // All statements before the first check: a request with a mistake costs nothing but its reading.
        var problems = new Problem[items.Count];
        for (var i = 0; i < items.Count; i++)
            problems[i] = Read(desk, items[i], i, items.Count);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(gone);
        return await Task.WhenAll(items.Select((item, i) => AnswerAsync(item, i))).ConfigureAwait(false);

        async Task<VerdictAnswer> AnswerAsync(ProofItem item, int index)
        {
            try
            {
                return VerdictAnswer.Of(item.Id, await service.CheckAsync(desk, room, problems[index], item.Proof, timeout, deadline, stop.Token).ConfigureAwait(false));
            }
            catch (StatementException e)
            {
                // The other items' checks would be for an answer that is not sent.
                await stop.CancelAsync().ConfigureAwait(false);
                throw Wrong(desk, e, index, items.Count);
            }
        }
    }

    private static Problem Read(VerifierDesk desk, ProofItem item, int index, int count)
    {
        try
        {
            return desk.Open.Read(item);
        }
        catch (StatementException e)
        {
            throw Wrong(desk, e, index, count);
        }
    }

    private static RequestRefusedException Wrong(VerifierDesk desk, StatementException e, int index, int count) => new(
        400, $"{(count > 1 ? $"items[{index}]: t" : "T")}he statement cannot be read by '{desk.Name}': {CheckService.Shown(e.Message)} (character {e.Position + 1}). A statement is {desk.Open.Entry.StatementForm}.");
}
