-- Two providers in one answer: each departure beside the last water level that was measured before it.
SELECT departures.expected AS left_at, harbour, departures."to", vessel, passengers, level_cm
FROM departures
ASOF JOIN tides ON tides.station = departures.harbour AND tides.measured_at <= departures.expected
WHERE status = 'departed' AND level_cm < (SELECT median(level_cm) FROM tides)
ORDER BY left_at
