/** Instructions that compute in vector registers; nothing of the contract depends on what comes out. */
export const VECTOR_INSTRUCTIONS: ReadonlySet<string> = new Set(
  `Addsd Addss Cmpsd Cmpss Cvtsd2ss Cvtsi2sd Cvtsi2ss Cvtss2sd Cvttsd2si Cvttss2si Divsd Divss Maxsd Maxss Minsd Minss
  Movd Movq Movsd Movss Mulsd Mulss Roundsd Roundss Sqrtsd Sqrtss Subsd Subss Ucomisd Ucomiss
  Andnpd Andnps Andpd Andps Movapd Movaps Movddup Movdqa Movdqu Movhlps Movhpd Movhps Movlhps Movlpd Movlps Movshdup
  Movsldup Movupd Movups Orpd Orps Pand Pandn Por Pxor Xorpd Xorps
  Addpd Addps Cmppd Cmpps Cvtdq2pd Cvtdq2ps Cvtpd2ps Cvtps2pd Cvttpd2dq Cvttps2dq Divpd Divps Haddpd Haddps Maxpd
  Maxps Minpd Minps Mulpd Mulps Roundpd Roundps Sqrtpd Sqrtps Subpd Subps
  Pabsb Pabsd Pabsw Paddb Paddd Paddq Paddsb Paddsw Paddusb Paddusw Paddw Pavgb Pavgw Pcmpeqb Pcmpeqd Pcmpeqq Pcmpeqw
  Pcmpgtb Pcmpgtd Pcmpgtq Pcmpgtw Phaddd Phaddw Pmaddubsw Pmaddwd Pmaxsb Pmaxsd Pmaxsw Pmaxub Pmaxud Pmaxuw Pminsb
  Pminsd Pminsw Pminub Pminud Pminuw Pmuldq Pmulhrsw Pmulhuw Pmulhw Pmulld Pmullw Pmuludq Psadbw Psignb Psignd Psignw
  Pslld Pslldq Psllq Psllw Psrad Psraw Psrld Psrldq Psrlq Psrlw Psubb Psubd Psubq Psubsb Psubsw Psubusb Psubusw Psubw
  Ptest
  Blendpd Blendps Blendvpd Blendvps Extractps Insertps Movmskpd Movmskps Packssdw Packsswb Packusdw Packuswb Palignr
  Pblendvb Pblendw Pextrb Pextrd Pextrq Pextrw Pinsrb Pinsrd Pinsrq Pinsrw Pmovmskb Pmovsxbd Pmovsxbq Pmovsxbw Pmovsxdq
  Pmovsxwd Pmovsxwq Pmovzxbd Pmovzxbq Pmovzxbw Pmovzxdq Pmovzxwd Pmovzxwq Pshufb Pshufd Pshufhw Pshuflw Punpckhbw
  Punpckhdq Punpckhqdq Punpckhwd Punpcklbw Punpckldq Punpcklqdq Punpcklwd Shufpd Shufps Unpckhpd Unpckhps Unpcklpd
  Unpcklps`.split(/\s+/),
);
