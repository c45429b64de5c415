using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Ratchet.Service.Telemetry;

/// <summary>Sets OpenTelemetry up: figures for Prometheus always; figures and spans by OTLP where the standard variables name a receiver.</summary>
internal static class ServiceTelemetry
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>Meters of other rooms and of the web server that are shown too.</summary>
    private static readonly string[] Meters = ["Ratchet.*", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime"];

    /// <summary>Adds it.</summary>
    public static void Add(IServiceCollection services, IConfiguration configuration)
    {
        var telemetry = services.AddOpenTelemetry()
            .ConfigureResource(r => r.AddService("ratchet", serviceVersion: Assembly.GetExecutingAssembly().GetName().Version!.ToString(3)))
            .WithMetrics(m =>
            {
                m.AddMeter(Meters).AddPrometheusExporter();
                if (IsSet(configuration, "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"))
                    m.AddOtlpExporter();
            });
        if (IsSet(configuration, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"))
            telemetry.WithTracing(t => t.AddSource(ServiceMetrics.Name).AddAspNetCoreInstrumentation().AddOtlpExporter());
    }

    private static bool IsSet(IConfiguration configuration, string signal) => !string.IsNullOrEmpty(configuration[Endpoint]) || !string.IsNullOrEmpty(configuration[signal]);
}
