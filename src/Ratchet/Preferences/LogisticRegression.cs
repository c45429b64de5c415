namespace Ratchet.Preferences;

/// <summary>Logistic regression without an intercept, with soft labels and elastic penalties.</summary>
/// <remarks>
/// Minimises Σ_i [p_i · softplus(-z_i) + n_i · softplus(z_i)] + l1 · Σ|b| + l2/2 · Σ b², z = Xb, by proximal Newton steps (coordinate descent on the quadratic model) with
/// halving. Every operation is sign-symmetric: turning the labels and the sign of some columns round gives exactly the mirrored coefficients, bit by bit. Length-controlled
/// win rates owe their exact symmetry to this.
/// </remarks>
public static class LogisticRegression
{
    private const int Steps = 200;
    private const int Sweeps = 500;
    private const double Tolerance = 1e-10;

    /// <summary>Fits coefficients.</summary>
    /// <param name="rows">Features, one array of equal length a row.</param>
    /// <param name="positive">Weight of the label 1 of each row, at least 0; for a soft label y of weight w it is w·y.</param>
    /// <param name="negative">Weight of the label 0 of each row, w·(1-y).</param>
    /// <param name="l1">Factor of the absolute values, at least 0.</param>
    /// <param name="l2">Factor of half the squares, at least 0.</param>
    /// <param name="start">Coefficients to start from; null for zeros.</param>
    /// <exception cref="ArgumentException">There are no rows, or the lists do not fit together.</exception>
    public static double[] Fit(IReadOnlyList<double[]> rows, IReadOnlyList<double> positive, IReadOnlyList<double> negative, double l1 = 0, double l2 = 0, IReadOnlyList<double>? start = null)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(positive);
        ArgumentNullException.ThrowIfNull(negative);
        ArgumentOutOfRangeException.ThrowIfNegative(l1);
        ArgumentOutOfRangeException.ThrowIfNegative(l2);
        if (rows.Count == 0 || positive.Count != rows.Count || negative.Count != rows.Count)
            throw new ArgumentException("Rows and labels must be there in equal numbers.", nameof(rows));
        var problem = new Problem(rows, positive, negative, l1, l2);
        var b = start is null ? new double[rows[0].Length] : [.. start];
        var loss = problem.Objective(b);
        for (var step = 0; step < Steps; step++)
        {
            var (gradient, hessian) = problem.Derivatives(b);
            var direction = problem.Direction(gradient, hessian, b);
            if (direction.Max(Math.Abs) < Tolerance)
                break;
            var share = 1.0;
            var next = new double[b.Length];
            double reached;
            do
            {
                for (var j = 0; j < b.Length; j++)
                    next[j] = b[j] + (share * direction[j]);
                reached = problem.Objective(next);
                share /= 2;
            }
            while (reached > loss && share > 1e-3);
            if (!(reached < loss))
                break;
            (b, loss) = (next, reached);
        }

        return b;
    }

    /// <summary>1 / (1 + exp(-z)), without overflow.</summary>
    public static double Sigmoid(double z)
    {
        if (z >= 0)
            return 1 / (1 + Math.Exp(-z));
        var e = Math.Exp(z);
        return e / (1 + e);
    }

    /// <summary>Mean negative log-likelihood of soft labels, nats.</summary>
    internal static double LogLoss(IReadOnlyList<double[]> rows, IReadOnlyList<double> positive, IReadOnlyList<double> negative, double[] b)
    {
        double sum = 0, weight = 0;
        for (var i = 0; i < rows.Count; i++)
        {
            var z = Dot(rows[i], b);
            sum += (positive[i] * Softplus(-z)) + (negative[i] * Softplus(z));
            weight += positive[i] + negative[i];
        }

        return weight > 0 ? sum / weight : 0;
    }

    internal static double Dot(double[] row, double[] b)
    {
        var z = 0.0;
        for (var j = 0; j < b.Length; j++)
            z += row[j] * b[j];
        return z;
    }

    private static double Softplus(double z) => z > 0 ? z + Math.Log(1 + Math.Exp(-z)) : Math.Log(1 + Math.Exp(z));

    /// <summary>The rows that count, and the penalties.</summary>
    private sealed class Problem
    {
        private readonly double[][] _rows;
        private readonly double[] _positive;
        private readonly double[] _negative;
        private readonly double _l1;
        private readonly double _l2;

        public Problem(IReadOnlyList<double[]> rows, IReadOnlyList<double> positive, IReadOnlyList<double> negative, double l1, double l2)
        {
            var count = Enumerable.Range(0, rows.Count).Where(i => positive[i] + negative[i] > 0).ToArray();
            (_rows, _positive, _negative) = ([.. count.Select(i => rows[i])], [.. count.Select(i => positive[i])], [.. count.Select(i => negative[i])]);
            (_l1, _l2) = (l1, l2);
        }

        public double Objective(double[] b)
        {
            var sum = 0.0;
            for (var i = 0; i < _rows.Length; i++)
            {
                var z = Dot(_rows[i], b);

                // softplus(z) and softplus(-z) share their logarithm.
                var tail = Math.Log(1 + Math.Exp(-Math.Abs(z)));
                sum += (_positive[i] * (Math.Max(-z, 0) + tail)) + (_negative[i] * (Math.Max(z, 0) + tail));
            }

            return sum + (_l1 * b.Sum(Math.Abs)) + (_l2 / 2 * b.Sum(x => x * x));
        }

        public (double[] Gradient, double[,] Hessian) Derivatives(double[] b)
        {
            var size = b.Length;
            var gradient = new double[size];
            var hessian = new double[size, size];
            for (var i = 0; i < _rows.Length; i++)
            {
                var x = _rows[i];
                var z = Dot(x, b);
                var (up, down) = (Sigmoid(z), Sigmoid(-z));

                // Written so that labels and z turned round give exactly the opposite residual.
                var residual = (_negative[i] * up) - (_positive[i] * down);
                var weight = (_positive[i] + _negative[i]) * (up * down);
                for (var j = 0; j < size; j++)
                {
                    gradient[j] += residual * x[j];
                    for (var k = 0; k <= j; k++)
                        hessian[j, k] += weight * (x[j] * x[k]);
                }
            }

            for (var j = 0; j < size; j++)
            {
                for (var k = j + 1; k < size; k++)
                    hessian[j, k] = hessian[k, j];
            }

            return (gradient, hessian);
        }

        /// <summary>The step that minimises the quadratic model with the penalties.</summary>
        public double[] Direction(double[] gradient, double[,] hessian, double[] b)
        {
            var size = b.Length;
            var d = new double[size];
            for (var sweep = 0; sweep < Sweeps; sweep++)
            {
                var largest = 0.0;
                for (var j = 0; j < size; j++)
                {
                    var slope = gradient[j];
                    for (var k = 0; k < size; k++)
                        slope += hessian[j, k] * d[k];
                    var curvature = hessian[j, j] + _l2;
                    if (curvature <= 1e-14)
                        continue;
                    var now = b[j] + d[j];
                    slope += _l2 * now;
                    var free = now - (slope / curvature);
                    var next = Math.Sign(free) * Math.Max(Math.Abs(free) - (_l1 / curvature), 0);
                    largest = Math.Max(largest, Math.Abs(next - now));
                    d[j] = next - b[j];
                }

                if (largest < Tolerance)
                    break;
            }

            return d;
        }
    }
}
