using System.Runtime.InteropServices;
using Ratchet.Loop;
using Ratchet.Models.Kernels;

namespace Ratchet.Sampling;

/// <summary>
/// Draws one token from a row of logits. The order of the cuts is temperature, then top-k, then top-p within what top-k kept. Every
/// token costs exactly one number of the stream, at temperature 0 as well, so that streams of equal settings stay aligned.
/// </summary>
/// <remarks>Shared by all samplers, so that equal logits give equal tokens. Used by one thread at a time; allocates nothing per token.</remarks>
internal sealed unsafe class TokenSampler
{
    private readonly float _inverseTemperature;
    private readonly bool _greedy;
    private readonly double _topP;
    private readonly int _topK;
    private readonly float[] _scaled;
    private readonly float[] _weights;
    private readonly Candidate[] _candidates;

    /// <summary>Prepares for rows of <paramref name="vocabularySize"/> logits.</summary>
    /// <exception cref="ArgumentException">A setting is out of range; the message names all that are.</exception>
    public TokenSampler(SamplingOptions options, int vocabularySize)
    {
        ThrowIfInvalid(options, vocabularySize);
        _greedy = options.Temperature == 0;
        _inverseTemperature = _greedy ? 1 : (float)(1 / options.Temperature);
        _topP = options.TopP;
        _topK = options.TopK == 0 || options.TopK >= vocabularySize ? 0 : options.TopK;
        _scaled = new float[vocabularySize];
        _weights = new float[vocabularySize];
        _candidates = _topK > 0 || _topP < 1 ? new Candidate[vocabularySize] : [];
    }

    /// <summary>Throws when settings are out of range.</summary>
    /// <exception cref="ArgumentException">The message names all that is wrong.</exception>
    public static void ThrowIfInvalid(SamplingOptions options, int vocabularySize)
    {
        ArgumentNullException.ThrowIfNull(options);
        var errors = new List<string>();
        if (!(options.Temperature >= 0) || double.IsInfinity(options.Temperature))
            errors.Add($"Temperature must be at least 0, not {options.Temperature}.");
        else if (options.Temperature > 0 && !float.IsFinite((float)(1 / options.Temperature)))
            errors.Add($"Temperature {options.Temperature} is too small to divide by; use 0 for the most likely id.");
        if (!(options.TopP > 0 && options.TopP <= 1))
            errors.Add($"TopP must be in (0, 1], not {options.TopP}.");
        if (options.TopK < 0)
            errors.Add($"TopK must be at least 0, not {options.TopK}.");
        if (options.MaxNewTokens < 1)
            errors.Add($"MaxNewTokens must be at least 1, not {options.MaxNewTokens}.");
        if (options.MaxBatch < 1)
            errors.Add($"MaxBatch must be at least 1, not {options.MaxBatch}.");
        if (options.StopIds.FirstOrDefault(id => id < 0 || id >= vocabularySize, 0) is var stop && (stop < 0 || stop >= vocabularySize))
            errors.Add($"StopIds holds {stop}, which is outside the vocabulary of {vocabularySize} ids.");
        if (options.StopSequences.Any(s => s.Count == 0))
            errors.Add("StopSequences holds an empty sequence.");
        if (errors.Count > 0)
            throw new ArgumentException(string.Join(" ", errors), nameof(options));
    }

    /// <summary>Draws a token.</summary>
    /// <param name="logits">One logit an id.</param>
    /// <param name="stream">The sequence's stream; one number is taken.</param>
    /// <param name="logProbability">Natural-log probability of the token under the distribution drawn from; 0 at temperature 0.</param>
    /// <exception cref="InvalidOperationException">The logits are not finite: the model has diverged.</exception>
    public int Draw(ReadOnlySpan<float> logits, ref RandomStream stream, out float logProbability)
    {
        var uniform = stream.NextDouble();
        var n = _scaled.Length;
        fixed (float* source = logits, x = _scaled, w = _weights)
        {
            RowKernels.Scale(source, n, _inverseTemperature, x);
            var largest = RowKernels.Largest(x, n);
            var sum = RowKernels.ExpSum(x, n, largest, w);
            if (!float.IsFinite(sum))
                throw new InvalidOperationException("The model's logits are not finite numbers.");
            if (_greedy)
            {
                logProbability = 0;
                return new ReadOnlySpan<float>(x, n).IndexOf(largest);
            }

            if (_candidates.Length > 0)
                return DrawCut(x, w, largest, sum, uniform, out logProbability);

            var id = Pick(w, n, uniform);
            logProbability = (float)((double)x[id] - largest - Math.Log(sum));
            return id;
        }
    }

    /// <summary>The first id at which the running sum of weights passes the drawn share of their total.</summary>
    private static int Pick(float* weights, int n, double uniform)
    {
        double total = 0;
        for (var i = 0; i < n; i++)
            total += weights[i];
        var target = uniform * total;
        double passed = 0;
        for (var i = 0; i < n; i++)
        {
            passed += weights[i];
            if (passed > target)
                return i;
        }

        return n - 1; // only when the product was rounded up to the total
    }

    private int DrawCut(float* x, float* w, float largest, float sum, double uniform, out float logProbability)
    {
        // Ids below this weight cannot be in the smallest set that reaches top-p: all of them together weigh less than what may be left out.
        var floor = _topK > 0 ? 0 : 0.999 * (1 - _topP) / _scaled.Length * sum;
        var count = 0;
        for (var i = 0; i < _scaled.Length; i++)
        {
            if (w[i] >= floor)
                _candidates[count++] = new Candidate(x[i], w[i], i);
        }

        var candidates = _candidates.AsSpan(0, count);
        if (_topK > 0)
            SelectLargest(candidates, _topK);
        if (_topK > 0)
            candidates = candidates[..Math.Min(_topK, count)];
        candidates.Sort();

        double total = 0;
        foreach (var candidate in candidates)
            total += candidate.Weight;
        var kept = candidates.Length;
        if (_topP < 1)
        {
            // With top-k the share is of what top-k kept; without, of everything.
            var needed = _topP * (_topK > 0 ? total : sum);
            double reached = 0;
            for (kept = 0; kept < candidates.Length && (kept == 0 || reached < needed); kept++)
                reached += candidates[kept].Weight;
            total = reached;
        }

        var target = uniform * total;
        double passed = 0;
        var chosen = kept - 1;
        for (var i = 0; i < kept; i++)
        {
            passed += candidates[i].Weight;
            if (passed > target)
            {
                chosen = i;
                break;
            }
        }

        logProbability = (float)((double)candidates[chosen].Logit - largest - Math.Log(total));
        return candidates[chosen].Id;
    }

    /// <summary>Moves the k first in order to the front, in any order (Hoare's selection).</summary>
    private static void SelectLargest(Span<Candidate> items, int k)
    {
        int low = 0, high = items.Length - 1;
        while (low < high && k <= high)
        {
            var pivot = items[low + ((high - low) / 2)];
            int i = low, j = high;
            while (i <= j)
            {
                while (items[i].CompareTo(pivot) < 0)
                    i++;
                while (items[j].CompareTo(pivot) > 0)
                    j--;
                if (i <= j)
                {
                    (items[i], items[j]) = (items[j], items[i]);
                    i++;
                    j--;
                }
            }

            if (k - 1 <= j)
                high = j;
            else if (k - 1 >= i)
                low = i;
            else
                return;
        }
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Candidate(float Logit, float Weight, int Id) : IComparable<Candidate>
    {
        /// <summary>Most likely first, lower id first among equals.</summary>
        public int CompareTo(Candidate other)
        {
            var order = other.Logit.CompareTo(Logit);
            return order != 0 ? order : Id.CompareTo(other.Id);
        }
    }
}
