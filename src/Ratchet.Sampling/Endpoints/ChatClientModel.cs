using Microsoft.Extensions.AI;
using Ratchet.Runs;

namespace Ratchet.Sampling.Endpoints;

/// <summary>Any chat client of Microsoft.Extensions.AI as a model that answers calls: for services with a client of their own. It gives no log-probabilities.</summary>
/// <param name="client">Client. Not owned.</param>
public sealed class ChatClientModel(IChatClient client) : ICompletionModel
{
    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The call is no conversation.</exception>
    public async Task<CompletionReply> CompleteAsync(CompletionCall call, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(call);
        if (call.Messages is not { } turns)
            throw new ArgumentException("A chat client is asked with a conversation.", nameof(call));
        var messages = turns.Select(m => new ChatMessage(new ChatRole(m.Role), m.Content)).ToList();
        var choices = new List<CompletionChoice>(call.Count);
        long? input = 0, output = 0;
        for (var i = 0; i < call.Count; i++)
        {
            var options = new ChatOptions
            {
                ModelId = call.Model, Temperature = (float)call.Temperature, TopP = (float)call.TopP, MaxOutputTokens = call.MaxTokens, Seed = (call.Seed + i) & int.MaxValue, StopSequences = [.. call.Stops],
            };
            ChatResponse response;
            try
            {
                response = await client.GetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is HttpRequestException or IOException or InvalidOperationException)
            {
                throw new RatchetException($"The chat client did not answer: {e.Message}", "See that its service runs and that its settings are right.", e);
            }

            choices.Add(new CompletionChoice { Text = response.Text, Finish = response.FinishReason == ChatFinishReason.Length ? "length" : "stop" });
            input += response.Usage?.InputTokenCount;
            output += response.Usage?.OutputTokenCount;
        }

        return new CompletionReply { Choices = choices, InputTokens = input, OutputTokens = output };
    }
}
