using System.Text;
using Ratchet.Attempts;
using Ratchet.Sampling;

namespace Ratchet.Service.Completions;

/// <summary>A piece of a choice for a stream.</summary>
/// <param name="Choice">Number of the choice.</param>
/// <param name="Text">Text since the last piece.</param>
/// <param name="Tokens">Tokens since the last piece.</param>
/// <param name="Finish">Why the choice ended, or null while it goes on.</param>
internal sealed record ChoicePiece(int Choice, string Text, IReadOnlyList<ChoiceToken> Tokens, string? Finish);

/// <summary>A token of a choice.</summary>
/// <param name="Id">Token.</param>
/// <param name="LogProbability">Under the distribution that it was drawn from.</param>
/// <param name="Score">The model's own view, where it was asked for.</param>
/// <param name="Offset">Characters of the text before it.</param>
internal sealed record ChoiceToken(int Id, float LogProbability, TokenScore? Score, int Offset);

/// <summary>
/// Writes a choice's tokens as text while they come: characters appear when all their bytes are there, and nothing that may be the beginning of a stop text
/// appears before it is known not to be one.
/// </summary>
internal sealed class ChoiceText(ModelDesk model, int choice, IReadOnlyList<string> stops, Action<ChoicePiece>? emit)
{
    private readonly List<int> _ids = [];
    private readonly StringBuilder _text = new();
    private readonly List<ChoiceToken> _tokens = [];
    private readonly int _longestStop = stops.Count == 0 ? 0 : stops.Max(s => s.Length);
    private int _window;
    private int _shown;
    private int _emitted;
    private int _emittedTokens;
    private bool _stopped;

    /// <summary>The text so far; whole after <see cref="End"/>.</summary>
    public string Text => _text.ToString();

    /// <summary>Tokens of the text, ending ids left out.</summary>
    public IReadOnlyList<ChoiceToken> Tokens => _tokens;

    /// <summary>All sampled ids with their log-probabilities, ending ids included; there after <see cref="End"/>.</summary>
    public Sample? Sample { get; private set; }

    public string? Finish { get; private set; }

    /// <summary>Takes a token. False when a stop text appeared.</summary>
    public bool Add(int id, float logProbability, TokenScore? score)
    {
        if (model.EndIds.Contains(id))
            return true;
        _tokens.Add(new ChoiceToken(id, logProbability, score, _text.Length));
        _ids.Add(id);

        // A few tokens before give a decoder what it needs to know of the beginning; the text of the new ones is what comes on top.
        var ids = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_ids);
        var before = model.Decode(ids[_window.._shown]);
        var now = model.Decode(ids[_window..]);
        if (now.Length <= before.Length || now[^1] == '\uFFFD')
            return true;
        _text.Append(now, before.Length, now.Length - before.Length);
        (_window, _shown) = (_shown, _ids.Count);
        if (Cut(now.Length - before.Length))
            return false;
        Send(_text.Length - Held(), null);
        return true;
    }

    /// <summary>Takes the end.</summary>
    public void End(Sample sample)
    {
        Sample = sample;
        if (!_stopped)
        {
            // Bytes that never became a character.
            var whole = model.Decode(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_ids));
            var known = Text;
            if (whole.Length > known.Length && whole.StartsWith(known, StringComparison.Ordinal))
            {
                _text.Append(whole, known.Length, whole.Length - known.Length);
                Cut(whole.Length - known.Length);
            }
        }

        if (_stopped)
            _tokens.RemoveAll(t => t.Offset >= _text.Length && t.Offset > 0);
        Finish = _stopped || sample.Stop is StopReason.EndToken or StopReason.StopString ? "stop" : "length";
        Send(_text.Length, Finish);
    }

    /// <summary>Cuts the text at the first stop text that ends in its new part.</summary>
    private bool Cut(int added)
    {
        if (_longestStop == 0)
            return false;
        var from = Math.Max(0, _text.Length - added - _longestStop + 1);
        var tail = _text.ToString(from, _text.Length - from);
        var at = stops.Select(s => tail.IndexOf(s, StringComparison.Ordinal)).Where(i => i >= 0).DefaultIfEmpty(-1).Min();
        if (at < 0)
            return false;
        _text.Length = from + at;
        return _stopped = true;
    }

    /// <summary>Characters at the end that may be the beginning of a stop text.</summary>
    private int Held()
    {
        for (var length = Math.Min(_longestStop - 1, _text.Length); length > 0; length--)
        {
            var tail = _text.ToString(_text.Length - length, length);
            if (stops.Any(s => s.StartsWith(tail, StringComparison.Ordinal)))
                return length;
        }

        return 0;
    }

    private void Send(int until, string? finish)
    {
        if (emit is null)
            return;
        until = Math.Max(until, _emitted);
        if (until == _emitted && finish is null)
            return;
        var text = _text.ToString(_emitted, Math.Min(until, _text.Length) - Math.Min(_emitted, _text.Length));
        var tokens = _tokens.Skip(_emittedTokens).Where(t => finish is not null || t.Offset < until).ToList();
        _emitted = until;
        _emittedTokens += tokens.Count;
        emit(new ChoicePiece(choice, text, tokens, finish));
    }
}
